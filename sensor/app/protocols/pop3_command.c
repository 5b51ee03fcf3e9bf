/* pop3_command.c - the commands of POP3: RFC 1939, 2449, 2595, 5034, 6856, and older ones. */
#include "sensor/app/protocols/pop3_state.h"

static const struct pop3_command commands[] = {
    {"USER", POP3_SHOWN, POP3_NOTHING},      {"PASS", POP3_HIDDEN, POP3_NOTHING},
    {"APOP", POP3_FIRST_WORD, POP3_NOTHING}, {"AUTH", POP3_FIRST_WORD, POP3_LINES_OF_ALL},
    {"STLS", POP3_HIDDEN, POP3_NOTHING},     {"CAPA", POP3_HIDDEN, POP3_LINES},
    {"STAT", POP3_HIDDEN, POP3_NOTHING},     {"LIST", POP3_SHOWN, POP3_LINES_OF_ALL},
    {"RETR", POP3_SHOWN, POP3_MAIL},         {"TOP", POP3_SHOWN, POP3_MAIL_TOP},
    {"UIDL", POP3_SHOWN, POP3_LINES_OF_ALL}, {"DELE", POP3_SHOWN, POP3_NOTHING},
    {"NOOP", POP3_HIDDEN, POP3_NOTHING},     {"RSET", POP3_HIDDEN, POP3_NOTHING},
    {"QUIT", POP3_HIDDEN, POP3_NOTHING},     {"LAST", POP3_HIDDEN, POP3_NOTHING},
    {"UTF8", POP3_SHOWN, POP3_NOTHING},      {"LANG", POP3_SHOWN, POP3_LINES_OF_ALL},
    {"XTND", POP3_SHOWN, POP3_NOTHING},
};

const struct pop3_command *pop3_command_of(struct bytes line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].name);
        if (bytes_istarts(line, bytes_str(commands[i].name)) && (line.len == n || line.p[n] == ' '))
            return &commands[i];
    }
    return NULL;
}
