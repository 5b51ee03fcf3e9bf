/* analyzer/api/route_table.h - every route: method, path, who answers, what right it needs.
 *
 * OPEN routes are for everyone. Every POST needs the console's own header beside the cookie, so
 * that no other site's page can send one. */
#ifndef API_ROUTE_TABLE_H
#define API_ROUTE_TABLE_H
#define ROUTE_OPEN 0x8000u
#define ROUTE_TABLE(X)                                                                             \
    X("POST", "login", api_login, ROUTE_OPEN)                                                      \
    X("POST", "logout", api_logout, MAY_ENTER)                                                     \
    X("GET", "me", api_me, ROUTE_OPEN)                                                             \
    X("GET", "health", api_health, ROUTE_OPEN)                                                     \
    X("GET", "stream", api_stream, MAY_SEE)                                                        \
    X("GET", "alerts", api_alerts, MAY_SEE)                                                        \
    X("GET", "alerts/{id}", api_alert, MAY_SEE)                                                    \
    X("GET", "detections", api_detections, MAY_SEE)                                                \
    X("GET", "detections/{id}", api_detection, MAY_SEE)                                            \
    X("GET", "incidents", api_incidents, MAY_SEE)                                                  \
    X("GET", "incidents/{id}", api_incident, MAY_SEE)                                              \
    X("POST", "incidents/{id}/state", api_incident_state, MAY_WORK)                                \
    X("GET", "notices", api_notices, MAY_SEE)                                                      \
    X("GET", "notices/{id}", api_notice, MAY_SEE)                                                  \
    X("POST", "notices/{id}/acknowledge", api_notice_acknowledge, MAY_ANSWER)                      \
    X("GET", "sensors", api_sensors, MAY_SEE)                                                      \
    X("GET", "organisations", api_organisations, MAY_SEE)                                          \
    X("GET", "activity", api_activity, MAY_SEE)                                                    \
    X("GET", "audit", api_audit, MAY_AUDIT)
#endif
