/* sensor/detect/keyword_table.h - the rule keywords: X(ID), one row each.
 *
 * keywords/ defines `const struct keyword keyword_<ID>`, a file for each keyword or family. */
#ifndef DETECT_KEYWORD_TABLE_H
#define DETECT_KEYWORD_TABLE_H

// clang-format off
#define KEYWORD_META_TABLE(X)                                                                      \
    X(msg)                                                                                         \
    X(sid)                                                                                         \
    X(rev) X(gid) X(classtype) X(priority) X(reference) X(metadata) X(target) X(tag) X(requires) X(lua)
#define KEYWORD_CONTENT_TABLE(X)                                                                   \
    X(content)                                                                                     \
    X(uricontent)                                                                                  \
    X(nocase)                                                                                      \
    X(offset)                                                                                      \
    X(depth)                                                                                       \
    X(distance)                                                                                    \
    X(within)                                                                                      \
    X(rawbytes)                                                                                    \
    X(fast_pattern)                                                                                \
    X(startswith)                                                                                  \
    X(endswith) X(prefilter) X(replace) X(pcre) X(flowvar) X(pktvar) X(isdataat) X(byte_test) X(byte_jump) X(byte_extract)         \
        X(byte_math) X(bsize) X(urilen) X(base64_decode) X(base64_data) X(pkt_data)
#define KEYWORD_TRANSFORM_TABLE(X)                                                                 \
    X(dotprefix)                                                                                   \
    X(strip_whitespace)                                                                            \
    X(compress_whitespace)                                                                         \
    X(to_lowercase)                                                                                \
    X(to_uppercase)                                                                                \
    X(to_md5)                                                                                      \
    X(to_sha1)                                                                                     \
    X(to_sha256) X(url_decode) X(xor_key) X(header_lowercase) X(strip_pseudo_headers) X(pcrexform)
#define KEYWORD_FLOW_TABLE(X)                                                                      \
    X(flow) X(flow_age)                                                                                        \
    X(flowbits)                                                                                    \
    X(flowint)                                                                                     \
    X(xbits)                                                                                       \
    X(hostbits)                                                                                    \
    X(dataset)                                                                                     \
    X(datarep)                                                                                    \
    X(noalert)                                                                                     \
    X(alert)                                                                                       \
    X(stream_size)                                                                                 \
    X(app_layer_protocol)                                                                          \
    X(app_layer_event) X(decode_event) X(stream_event) X(threshold) X(detection_filter)
#define KEYWORD_PACKET_TABLE(X)                                                                    \
    X(dsize)                                                                                       \
    X(tcp_flags)                                                                                   \
    X(itype)                                                                                       \
    X(icode)                                                                                       \
    X(icmp_id)                                                                                     \
    X(icmp_seq)                                                                                    \
    X(ttl)                                                                                         \
    X(tos)                                                                                         \
    X(ip_id)                                                                                       \
    X(ipopts)                                                                                      \
    X(sameip) X(ip_proto) X(fragbits) X(fragoffset) X(tcp_seq) X(tcp_ack) X(tcp_window) X(tcp_mss) \
        X(icmpv6_mtu) X(tcp_hdr) X(udp_hdr) X(ipv4_hdr) X(ipv6_hdr) X(icmpv4_hdr) X(icmpv6_hdr)    \
            X(tcpv4_csum) X(udpv4_csum) X(icmpv4_csum) X(ipv4_csum) X(tcpv6_csum) X(udpv6_csum)    \
                X(icmpv6_csum) X(geoip) X(iprep) X(l3_proto) X(ip_src) X(ip_dst)

#define KEYWORD_APP_TABLE(X)                                                                       \
    X(dcerpc_iface) X(dcerpc_opnum)                                                                \
    X(cip_service) X(dnp3_obj) X(modbus) X(http2_settings) X(krb5_ticket_encryption) X(ike_chosen_sa) X(ssh_protoversion) X(ssh_softwareversion) X(rpc)                                                                                 \
    X(tls_version) X(ssl_version) X(ssl_state) X(tls_store)                                        \
    X(tls_subject) X(tls_issuerdn) X(tls_fingerprint)                                              \
    X(tls_cert_notbefore) X(tls_cert_notafter) X(tls_cert_expired) X(tls_cert_valid)

#define KEYWORD_FILE_TABLE(X)                                                                      \
    X(filename)                                                                                    \
    X(fileext) X(filemagic) X(filesize) X(filemd5) X(filesha1) X(filesha256) X(filestore) X(ftpbounce) X(asn1) X(bypass) X(config) X(frame)

#define KEYWORD_TABLE(X)                                                                           \
    KEYWORD_META_TABLE(X)                                                                          \
    KEYWORD_APP_TABLE(X)                                                                           \
    KEYWORD_CONTENT_TABLE(X)                                                                       \
    KEYWORD_FILE_TABLE(X) KEYWORD_TRANSFORM_TABLE(X) KEYWORD_FLOW_TABLE(X) KEYWORD_PACKET_TABLE(X)
// clang-format on

#endif
