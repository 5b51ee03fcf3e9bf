/* sensor/app/protocols/smb1_state.h - what the files about SMB 1 share: smb1*.c only. */
#ifndef APP_SMB1_STATE_H
#define APP_SMB1_STATE_H
#include "sensor/app/protocols/smb_state.h"

#define SMB1_HEADER_BYTES 32

enum smb1_command {
    SMB1_CLOSE = 0x04,
    SMB1_RENAME = 0x07,
    SMB1_WRITE = 0x0b,
    SMB1_LOCKING_ANDX = 0x24,
    SMB1_TRANS = 0x25,
    SMB1_WRITE_AND_CLOSE = 0x2c,
    SMB1_OPEN_ANDX = 0x2d,
    SMB1_READ_ANDX = 0x2e,
    SMB1_WRITE_ANDX = 0x2f,
    SMB1_TRANS2 = 0x32,
    SMB1_TRANS2_SECONDARY = 0x33,
    SMB1_TREE_DISCONNECT = 0x71,
    SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP_ANDX = 0x73,
    SMB1_LOGOFF_ANDX = 0x74,
    SMB1_TREE_CONNECT_ANDX = 0x75,
    SMB1_NT_CREATE_ANDX = 0xa2,
    SMB1_NT_CANCEL = 0xa4,
    SMB1_NONE = 0xff,
};

/* The parameters and the data of one command, which begins at `at`. */
struct smb1_block {
    size_t at, data_at;
    struct bytes words, data;
};
bool smb1_block(const struct smb_message *m, size_t at, struct smb1_block *b);
struct smb_fuid smb1_fuid(const struct smb_message *m, uint16_t fid);
/* A text with its end, which is passed over; c runs over the bytes of m. */
bool smb1_take_text(const struct smb_message *m, struct cursor *c, struct bytes *out);
void smb1_set_text(struct smb_tx *t, enum smb_text which, const struct smb_message *m,
                   struct bytes value);
bool smb1_write_data(const struct smb_message *m, size_t at, struct smb_transfer *x);
bool smb1_read_data(const struct smb_message *m, size_t at, struct smb_transfer *x);
bool smb1_on_pipe(struct smb_state *s, const struct smb_message *m);

/* smb1_request.c, smb1_answer.c, smb1_trans.c: the command of m whose block begins at `at`. */
void smb1_request(struct smb_state *s, const struct smb_message *m, size_t at);
void smb1_answer(struct smb_state *s, const struct smb_message *m, size_t at);
bool smb1_trans_request(struct smb_state *s, const struct smb_message *m, size_t at);
bool smb1_trans_answer(struct smb_state *s, const struct smb_message *m, size_t at);
/* Sets *made when it became a transaction. */
bool smb1_trans2_request(struct smb_state *s, const struct smb_message *m, size_t at, bool *made);

#endif
