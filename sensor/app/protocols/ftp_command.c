/* ftp_command.c - the commands of FTP: RFC 959, 2228, 2389, 2428, 3659 and older ones. */
#include "sensor/app/protocols/ftp_state.h"
#include <ctype.h>

static const struct ftp_command commands[] = {
    {"PORT", FTP_PORT},
    {"EPRT", FTP_EPRT},
    {"PASV", FTP_PASV},
    {"EPSV", FTP_EPSV},
    {"RETR", FTP_DOWNLOAD},
    {"STOR", FTP_UPLOAD},
    {"APPE", FTP_UPLOAD},
    {"AUTH TLS", FTP_AUTH},
    {"AUTH SSL", FTP_AUTH},
    {"PASS", FTP_PASS},
    {"ABOR", 0},
    {"ACCT", 0},
    {"ALLO", 0},
    {"CCC", 0},
    {"CDUP", 0},
    {"CHMOD", 0},
    {"CLNT", 0},
    {"CWD", 0},
    {"DELE", 0},
    {"FEAT", 0},
    {"HELP", 0},
    {"HOST", 0},
    {"IDLE", 0},
    {"LANG", 0},
    {"LIST", FTP_LISTING},
    {"MAIL", 0},
    {"MDTM", 0},
    {"MFMT", 0},
    {"MKD", 0},
    {"MLFL", 0},
    {"MLSD", FTP_LISTING},
    {"MLST", 0},
    {"MODE", 0},
    {"MRCP", 0},
    {"MRSQ", 0},
    {"MSAM", 0},
    {"MSND", 0},
    {"MSOM", 0},
    {"NLST", FTP_LISTING},
    {"NOOP", 0},
    {"OPTS", 0},
    {"PBSZ", 0},
    {"PROT", 0},
    {"PWD", 0},
    {"QUIT", 0},
    {"REIN", 0},
    {"REST", FTP_RESTART},
    {"RMD", 0},
    {"RNFR", 0},
    {"RNTO", 0},
    {"SITE", 0},
    {"SIZE", 0},
    {"SMNT", 0},
    {"STAT", 0},
    {"STOU", 0},
    {"STRU", 0},
    {"SYST", 0},
    {"TYPE", 0},
    {"UMASK", 0},
    {"USER", 0},
    {"XCUP", 0},
    {"XCWD", 0},
    {"XMKD", 0},
    {"XPWD", 0},
    {"XRMD", 0},
};

const struct ftp_command *ftp_command_of(struct bytes line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].name);
        if (bytes_istarts(line, bytes_str(commands[i].name)) &&
            (line.len == n || !isalnum(line.p[n])))
            return &commands[i];
    }
    return NULL;
}
