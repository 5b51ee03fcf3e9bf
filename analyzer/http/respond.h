/* analyzer/http/respond.h - answers, each with the headers that keep a browser strict. */
#ifndef HTTP_RESPOND_H
#define HTTP_RESPOND_H
#include "analyzer/http/exchange.h"
#include "analyzer/http/files.h"

enum MHD_Result respond_file(struct MHD_Connection *c, const struct file_entry *f);
/* {"error": text} */
enum MHD_Result respond_error(struct MHD_Connection *c, unsigned status, const char *text,
                              const char *allow, unsigned retry_after_s);
/* What the handler left in x->response. */
enum MHD_Result respond_api(struct exchange *x);
/* x->response.viewer's events, until the browser goes. */
enum MHD_Result respond_stream(struct exchange *x, struct push *p);

#endif
