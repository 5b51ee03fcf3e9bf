/* sensor/app/protocols/ftp_data.h - what an FTP control connection tells of a data connection. */
#ifndef APP_FTP_DATA_H
#define APP_FTP_DATA_H

/* The context left for it: the direction of the bytes, the first letter of the command (RETR, STOR,
 * APPE), then the file's name. */
#define FTP_DATA_HEAD 2u

#endif
