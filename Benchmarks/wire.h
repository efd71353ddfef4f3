// A non-blocking connection that is plain TCP or TLS, for the load generator and the upstream.
#ifndef WIRE_H
#define WIRE_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    int fd;
    SSL *tls;  // NULL: plain
} Wire;

enum { WIRE_CLOSED = 0, WIRE_WAIT = -1 };

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

static inline void wire_prepare(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static inline Wire wire_wrap(int fd, SSL_CTX *context, int accepting) {
    Wire wire = {.fd = fd};
    if (context) {
        wire.tls = SSL_new(context);
        SSL_set_fd(wire.tls, fd);
        SSL_set_mode(wire.tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (accepting) SSL_set_accept_state(wire.tls);
        else SSL_set_connect_state(wire.tls);
    }
    return wire;
}

static inline ssize_t tls_result(Wire *wire, int done) {
    if (done > 0) return done;
    int why = SSL_get_error(wire->tls, done);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WIRE_WAIT : WIRE_CLOSED;
}

// Bytes read, WIRE_WAIT, or WIRE_CLOSED (also after an error).
static inline ssize_t wire_read(Wire *wire, void *into, size_t size) {
    if (wire->tls) return tls_result(wire, SSL_read(wire->tls, into, (int)size));
    ssize_t got = recv(wire->fd, into, size, 0);
    if (got >= 0) return got;
    return errno == EAGAIN || errno == EINTR ? WIRE_WAIT : WIRE_CLOSED;
}

// Bytes written, WIRE_WAIT, or WIRE_CLOSED.
static inline ssize_t wire_write(Wire *wire, const void *from, size_t size) {
    if (wire->tls) return tls_result(wire, SSL_write(wire->tls, from, (int)size));
    ssize_t put = send(wire->fd, from, size, MSG_NOSIGNAL);
    if (put >= 0) return put;
    return errno == EAGAIN || errno == EINTR ? WIRE_WAIT : WIRE_CLOSED;
}

// `reset` closes with RST.
static inline void wire_close(Wire *wire, int reset) {
    if (reset) {
        struct linger hard = {1, 0};
        setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    if (wire->tls) {
        SSL_set_quiet_shutdown(wire->tls, 1);
        SSL_free(wire->tls);
        wire->tls = NULL;
    }
    close(wire->fd);
    wire->fd = -1;
}

static inline void watch(int epoll, int operation, int fd, int writing, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.u64 = tag};
    epoll_ctl(epoll, operation, fd, &event);
}

#endif
