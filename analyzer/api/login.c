/* analyzer/api/login.c - login, logout, and who one is.
 *
 * An unknown user and a wrong password get the same answer after the same time. */
#include "analyzer/api/call.h"
#include <sodium.h>

/* How many attempts are open at a time, and how fast they are forgotten: someone who mistypes is
 * not kept out, someone who guesses is. The pair is what an honest user uses up; the address stops
 * trying many names, the name stops trying from many addresses. */
static const struct {
    const char *kind;
    unsigned limit;
    uint64_t forget_us;
} limits[] = {
    {"pair", 5, 60ULL * 1000000}, {"address", 30, 10ULL * 1000000}, {"name", 50, 10ULL * 1000000}};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static void throttle_key(const struct call *c, size_t at, const char *name, char out[400])
{
    const char *client = c->request->client;
    if (at == 0)
        snprintf(out, 400, "%s %s", client, name);
    else
        snprintf(out, 400, "%s", at == 1 ? client : name);
}

/* 0, or the seconds to wait. */
static unsigned attempt(struct call *c, const char *name)
{
    uint64_t wait_us = 0;
    char key[400];
    pthread_mutex_lock(&c->api->throttle_lock);
    for (size_t i = 0; i < LIMITS && wait_us == 0; i++) {
        throttle_key(c, i, name, key);
        wait_us = throttle_try(&c->api->throttle, limits[i].kind, key, limits[i].limit,
                               limits[i].forget_us, c->now_us);
    }
    pthread_mutex_unlock(&c->api->throttle_lock);
    return (unsigned)((wait_us + 999999) / 1000000);
}

static void forgive(struct call *c, const char *name)
{
    char key[400];
    pthread_mutex_lock(&c->api->throttle_lock);
    for (size_t i = 0; i < LIMITS; i++) {
        throttle_key(c, i, name, key);
        throttle_forgive(&c->api->throttle, limits[i].kind, key);
    }
    pthread_mutex_unlock(&c->api->throttle_lock);
}

static void me_json(struct call *c)
{
    struct json *j = c->body;
    json_object(j, NULL);
    json_strz(j, "user", c->user.name);
    json_strz(j, "role", user_role_name(c->user.role));
    json_strz(j, "org", c->user.org);
    json_object(j, "may");
    json_bool(j, "payload", c->access.rights & MAY_PAYLOAD);
    json_bool(j, "work", c->access.rights & MAY_WORK);
    json_bool(j, "answer", c->access.rights & MAY_ANSWER);
    json_bool(j, "audit", c->access.rights & MAY_AUDIT);
    json_object_end(j);
    json_object_end(j);
}

static enum http_result session_open(struct call *c)
{
    char token[TOKEN_TEXT_MAX];
    token_make(token);
    token_hash(token, c->session);
    if (users_session_add(c->api->users, c->session, c->user.name, c->request->client, c->now_us,
                          &c->err) != 0)
        return call_broken(c);
    snprintf(c->out->cookie, sizeof c->out->cookie,
             SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%llu%s", token,
             SESSION_LIFE_US / 1000000, c->api->secure_cookie ? "; Secure" : "");
    access_of(&c->user, c->api->directory, &c->access);
    c->known = true;
    call_audit(c, "login", "%s", "");
    me_json(c);
    return HTTP_DONE;
}

static enum http_result check(struct call *c, const char *name, const char *password)
{
    struct user user = {0};
    int found = users_find(c->api->users, name, &user, &c->err);
    if (found < 0)
        return call_broken(c);
    bool right = password_is(found ? user.hash : NULL, bytes_str(password));
    sodium_memzero(user.hash, sizeof user.hash);
    c->known = false;
    c->user = user;
    if (right) {
        forgive(c, name);
        return session_open(c);
    }
    snprintf(c->user.name, sizeof c->user.name, "%.63s", name);
    call_audit(c, "login refused", "%s", "");
    return call_fail(c, 401, "user or password is wrong");
}

enum http_result api_login(struct call *c)
{
    char name[CALL_TEXT_MAX], password[CALL_TEXT_MAX];
    if (!call_body_text(c, "user", name) || !call_body_text(c, "password", password))
        return HTTP_DONE;
    enum http_result result = HTTP_SLOW;
    if (!user_name_is_valid(name)) /* cannot be anyone; the audit trail takes no such names */
        snprintf(name, sizeof name, "?");
    if (!c->request->on_slow_worker) {
        unsigned wait_s = attempt(c, name);
        c->out->retry_after_s = wait_s;
        if (wait_s)
            result = call_fail(c, 429, "too many attempts; wait %u s", wait_s);
    } else {
        result = check(c, name, password);
    }
    sodium_memzero(password, sizeof password);
    return result;
}

/* The stream's tag: enough of the session's hash to tell streams apart. */
static uint64_t session_tag(const struct call *c)
{
    uint64_t tag;
    memcpy(&tag, c->session, sizeof tag);
    return tag;
}

enum http_result api_logout(struct call *c)
{
    if (users_session_end(c->api->users, c->session, &c->err) != 0)
        return call_broken(c);
    push_end(c->api->push, session_tag(c));
    call_audit(c, "logout", "%s", "");
    snprintf(c->out->cookie, sizeof c->out->cookie,
             SESSION_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    json_object(c->body, NULL);
    json_object_end(c->body);
    return HTTP_DONE;
}

/* Open, so that the console can ask without a failed request showing: {"user": null}. */
enum http_result api_me(struct call *c)
{
    if (c->known) {
        me_json(c);
        return HTTP_DONE;
    }
    json_object(c->body, NULL);
    json_null(c->body, "user");
    json_object_end(c->body);
    return HTTP_DONE;
}

enum http_result api_stream(struct call *c)
{
    if (!access_viewer(&c->access, &c->out->viewer))
        return call_fail(c, 500, "bound to more organisations than one stream can carry");
    c->out->viewer.session = session_tag(c);
    c->out->stream = true;
    return HTTP_DONE;
}
