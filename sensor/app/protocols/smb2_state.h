/* sensor/app/protocols/smb2_state.h - what the files about SMB 2 and 3 share: smb2*.c only. */
#ifndef APP_SMB2_STATE_H
#define APP_SMB2_STATE_H
#include "sensor/app/protocols/smb_state.h"

#define SMB2_HEADER_BYTES    64
#define SMB2_PIPE_TRANSCEIVE 0x0011c017u /* FSCTL: a question to a pipe, and its answer */

enum smb2_command {
    SMB2_NEGOTIATE,
    SMB2_SESSION_SETUP,
    SMB2_LOGOFF,
    SMB2_TREE_CONNECT,
    SMB2_TREE_DISCONNECT,
    SMB2_CREATE,
    SMB2_CLOSE,
    SMB2_FLUSH,
    SMB2_READ,
    SMB2_WRITE,
    SMB2_LOCK,
    SMB2_IOCTL,
    SMB2_GET_INFO = 16,
    SMB2_SET_INFO = 17,
};

struct cursor smb2_body(const struct smb_message *m);
/* len bytes at `at` from the start of the message. */
bool smb2_slice(const struct smb_message *m, size_t at, size_t len, struct bytes *out);
struct smb_fuid smb2_take_fuid(struct cursor *c);
/* Of a related request all ones stand for the file of the one before. */
struct smb_fuid smb2_take_file(struct cursor *c, const struct smb_message *m);
/* Stands for the file that the request m opens, until the answer names it. */
struct smb_fuid smb2_file_to_open(const struct smb_message *m);
void smb2_forget_tree(struct smb_state *s, const struct smb_message *m);

/* Where the data of a write, or of the answer to a read, is; and what is there of it. */
bool smb2_write_data(const struct smb_message *m, struct smb_transfer *x);
bool smb2_read_data(const struct smb_message *m, struct smb_transfer *x);
struct bytes smb2_data(const struct smb_message *m, const struct smb_transfer *x);
bool smb2_is_too_large(uint32_t len, uint32_t negotiated);

/* smb2_request.c, smb2_answer.c: the command of m. */
void smb2_request(struct smb_state *s, const struct smb_message *m);
void smb2_answer(struct smb_state *s, const struct smb_message *m);

#endif
