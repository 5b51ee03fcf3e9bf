/* sensor/app/protocols/ftp_data.h - what an FTP control connection tells of a data connection. */
#ifndef APP_FTP_DATA_H
#define APP_FTP_DATA_H

/* The context left for it: the direction of the bytes, the first letter of the command (RETR, STOR,
 * APPE, or LIST and the like, which bring no file), where in the file they begin (eight bytes),
 * then the file's name. */
#define FTP_DATA_HEAD 10u

#endif
