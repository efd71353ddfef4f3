// A fast OpenAI-compatible upstream for measurements: upstream PORT [CERTIFICATE KEY]
//
// With ANSWERS=FOLDER in the environment it is other providers too: a request whose path begins with /NAME/ is answered with the
// bytes of FOLDER/NAME.stream where the path or the first 400 bytes of the body ask for a stream, else of FOLDER/NAME.whole.
//
// The "user" field of the request chooses the answer:
//   (anything else)  a chat completion of about 1 KB
//   "burst"          a stream of 50 events, sent at once
//   "paced"          the same stream, 5 ms between two events
//   "brisk"          a stream of 10 events, 1 ms between two events
#include "wire.h"

#include <dirent.h>
#include <signal.h>

enum { EVENTS = 50, BRISK_EVENTS = 10, MAX_FD = 65536 };

typedef enum { WHOLE, BURST, PACED, BRISK } Kind;

typedef struct {
    Wire wire;
    char *in;
    size_t in_size, in_capacity;
    char *out;
    size_t out_size, out_sent, out_capacity;
    int writing;            // EPOLLOUT is on
    int events_left;        // of the stream being sent
    uint32_t generation;    // of the descriptor, so that a late tick finds out that its connection is gone
} Connection;

typedef struct {
    int64_t due;
    int fd;
    uint32_t generation;
} Tick;

// Ticks of one interval are due in the order they were made: a ring is a timer queue.
typedef struct {
    int64_t gap;
    Tick *ring;
    size_t head, tail;
} Timer;

enum { RING = 1 << 17 };

static Connection *connections[MAX_FD];
static uint32_t generations[MAX_FD];
static Timer paced = {.gap = 5000000}, brisk = {.gap = 1000000};
static int epoll;

static char whole[8192], stream_head[512], *burst;
static size_t whole_size, stream_head_size, burst_size;
static char chunk[EVENTS][640];
static size_t chunk_size[EVENTS];

static void make_answers(void) {
    char text[701], body[4096];
    const char *words = "a gateway carries words it did not write ";
    for (size_t i = 0; i < 700; i++) text[i] = words[i % strlen(words)];
    text[700] = 0;
    int size = snprintf(
        body, sizeof body,
        "{\"id\":\"chatcmpl-bench0000000000000000000001\",\"object\":\"chat.completion\",\"created\":1763685600,"
        "\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\","
        "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":210,"
        "\"completion_tokens\":140,\"total_tokens\":350},\"system_fingerprint\":\"fp_bench\"}",
        text);
    whole_size = snprintf(
        whole, sizeof whole,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench000000000000000000000001\r\n"
        "openai-processing-ms: 11\r\nContent-Length: %d\r\n\r\n%s",
        size, body);
    stream_head_size = snprintf(
        stream_head, sizeof stream_head,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
        "x-request-id: req_bench000000000000000000000001\r\nTransfer-Encoding: chunked\r\n\r\n");
    burst = malloc(EVENTS * sizeof chunk[0] + sizeof stream_head);
    memcpy(burst, stream_head, stream_head_size);
    burst_size = stream_head_size;
    for (int i = 0; i < EVENTS; i++) {
        char event[512];
        const char *delta = i < EVENTS - 2 ? "\"content\":\" token\"" : "";
        const char *finish = i < EVENTS - 2 ? "null" : "\"stop\"";
        const char *usage = i < EVENTS - 2
            ? ""
            : ",\"usage\":{\"prompt_tokens\":210,\"completion_tokens\":48,\"total_tokens\":258}";
        int length = i == EVENTS - 1
            ? snprintf(event, sizeof event, "data: [DONE]\n\n")
            : snprintf(
                  event, sizeof event,
                  "data: {\"id\":\"chatcmpl-bench0000000000000000000001\",\"object\":\"chat.completion.chunk\","
                  "\"created\":1763685600,\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{%s},"
                  "\"finish_reason\":%s}]%s}\n\n",
                  delta, finish, usage);
        chunk_size[i] = snprintf(
            chunk[i], sizeof chunk[i], "%x\r\n%s\r\n%s", length, event, i == EVENTS - 1 ? "0\r\n\r\n" : "");
        memcpy(burst + burst_size, chunk[i], chunk_size[i]);
        burst_size += chunk_size[i];
    }
}

typedef struct {
    char name[32];
    int streams;
    char *bytes;
    size_t size;
} Answer;

static Answer answers[16];
static int answer_count;

static void load_answers(const char *folder) {
    DIR *list = opendir(folder);
    if (!list) die(folder);
    for (struct dirent *entry; (entry = readdir(list)) && answer_count < 16;) {
        char *dot = strrchr(entry->d_name, '.'), path[1024];
        Answer *answer = &answers[answer_count];
        if (!dot || dot == entry->d_name || dot - entry->d_name >= (long)sizeof answer->name) continue;
        snprintf(answer->name, sizeof answer->name, "%.*s", (int)(dot - entry->d_name), entry->d_name);
        answer->streams = !strcmp(dot, ".stream");
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (!file) die(path);
        answer->bytes = malloc(1 << 20);
        answer->size = fread(answer->bytes, 1, 1 << 20, file);
        fclose(file);
        answer_count++;
    }
    closedir(list);
}

// The answer of the provider whose name the path begins with; NULL where there is none.
static const Answer *answer_for(const char *in, size_t body_at, size_t size) {
    if (!answer_count) return NULL;
    const char *slash = memchr(in, '/', size), *space = slash ? memchr(slash, ' ', size - (size_t)(slash - in)) : NULL;
    if (!space) return NULL;
    size_t looked = size - body_at < 400 ? size - body_at : 400;
    int streams = memmem(slash, (size_t)(space - slash), "tream", 5) || memmem(in + body_at, looked, "\"stream\":true", 13);
    for (int i = 0; i < answer_count; i++) {
        size_t length = strlen(answers[i].name);
        if (answers[i].streams == streams && (size_t)(space - slash) > length + 1
            && !memcmp(slash + 1, answers[i].name, length) && slash[length + 1] == '/')
            return &answers[i];
    }
    return NULL;
}

static void drop(Connection *c) {
    connections[c->wire.fd] = NULL;
    generations[c->wire.fd]++;
    wire_close(&c->wire, 0);
    free(c->in);
    free(c->out);
    free(c);
}

// Writes what is queued; 0 where the connection is gone.
static int flush(Connection *c) {
    while (c->out_sent < c->out_size) {
        ssize_t put = wire_write(&c->wire, c->out + c->out_sent, c->out_size - c->out_sent);
        if (put == WIRE_CLOSED) {
            drop(c);
            return 0;
        }
        if (put == WIRE_WAIT) break;
        c->out_sent += (size_t)put;
    }
    if (c->out_sent == c->out_size) c->out_sent = c->out_size = 0;
    int writing = c->out_size > 0;
    if (writing != c->writing) {
        c->writing = writing;
        watch(epoll, EPOLL_CTL_MOD, c->wire.fd, writing, (uint64_t)c->wire.fd);
    }
    return 1;
}

static void queue(Connection *c, const char *bytes, size_t size) {
    if (c->out_size + size > c->out_capacity) {
        c->out_capacity = (c->out_size + size) * 2;
        c->out = realloc(c->out, c->out_capacity);
    }
    memcpy(c->out + c->out_size, bytes, size);
    c->out_size += size;
}

static void schedule(Timer *timer, Connection *c, int64_t from) {
    timer->ring[timer->tail++ % RING] = (Tick){from + timer->gap, c->wire.fd, c->generation};
}

static Kind kind_of(const char *body, size_t size) {
    const char *user = memmem(body, size < 400 ? size : 400, "\"user\":\"", 8);
    if (!user || user + 13 > body + size) return WHOLE;
    if (!memcmp(user + 8, "burst", 5)) return BURST;
    if (!memcmp(user + 8, "paced", 5)) return PACED;
    if (!memcmp(user + 8, "brisk", 5)) return BRISK;
    return WHOLE;
}

// Bytes of the first whole request in the buffer and where its body begins; 0 while it is not whole.
static size_t request_size(Connection *c, size_t *body_at) {
    char *end = memmem(c->in, c->in_size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - c->in) + 4, length = 0;
    int chunked = 0;
    *body_at = head;
    for (char *line = c->in; line < end;) {
        char *next = memchr(line, '\n', head - (size_t)(line - c->in));
        if (!next) break;
        line = next + 1;
        if ((*line | 32) == 'c' && !strncasecmp(line, "content-length:", 15)) length = strtoul(line + 15, NULL, 10);
        if ((*line | 32) == 't' && !strncasecmp(line, "transfer-encoding:", 18)) chunked = 1;
    }
    if (chunked) {
        char *last = memmem(c->in + head, c->in_size - head, "\r\n0\r\n\r\n", 7);
        if (!last) return 0;
        length = (size_t)(last + 7 - (c->in + head));
    }
    return c->in_size >= head + length ? head + length : 0;
}

static void answer_requests(Connection *c) {
    size_t size, body_at;
    while (!c->events_left && c->in_size && (size = request_size(c, &body_at))) {
        Kind kind = kind_of(c->in + body_at, size - body_at);
        const Answer *answer = answer_for(c->in, body_at, size);
        memmove(c->in, c->in + size, c->in_size - size);
        c->in_size -= size;
        if (answer) queue(c, answer->bytes, answer->size);
        else if (kind == WHOLE) queue(c, whole, whole_size);
        else if (kind == BURST) queue(c, burst, burst_size);
        else {
            int first = kind == PACED ? 0 : EVENTS - BRISK_EVENTS;
            queue(c, stream_head, stream_head_size);
            queue(c, chunk[first], chunk_size[first]);
            c->events_left = EVENTS - first - 1;
            schedule(kind == PACED ? &paced : &brisk, c, now_ns());
        }
        if (!flush(c)) return;
    }
}

static void tick(Timer *timer, int64_t now) {
    while (timer->head != timer->tail && timer->ring[timer->head % RING].due <= now) {
        Tick due = timer->ring[timer->head++ % RING];
        Connection *c = connections[due.fd];
        if (!c || c->generation != due.generation || !c->events_left) continue;
        int event = EVENTS - c->events_left--;
        queue(c, chunk[event], chunk_size[event]);
        if (!flush(c)) continue;
        if (c->events_left) schedule(timer, c, due.due);
        else answer_requests(c);
    }
}

static void read_from(Connection *c) {
    for (;;) {
        if (c->in_size == c->in_capacity) c->in = realloc(c->in, c->in_capacity *= 2);
        ssize_t got = wire_read(&c->wire, c->in + c->in_size, c->in_capacity - c->in_size);
        if (got == WIRE_CLOSED) {
            drop(c);
            return;
        }
        if (got == WIRE_WAIT) break;
        c->in_size += (size_t)got;
        // One read drains a plain socket almost always; TLS may hold decrypted bytes that epoll knows nothing of.
        if (!c->wire.tls && c->in_size < c->in_capacity) break;
    }
    answer_requests(c);
}

static void accept_all(int listener, SSL_CTX *context) {
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (fd >= MAX_FD) {
            close(fd);
            continue;
        }
        wire_prepare(fd);
        Connection *c = calloc(1, sizeof *c);
        c->wire = wire_wrap(fd, context, 1);
        c->in = malloc(c->in_capacity = 131072);
        c->generation = generations[fd];
        connections[fd] = c;
        watch(epoll, EPOLL_CTL_ADD, fd, 0, (uint64_t)fd);
    }
}

int main(int count, char **arguments) {
    if (count != 2 && count != 4) {
        fprintf(stderr, "usage: upstream PORT [CERTIFICATE KEY]\n");
        return 64;
    }
    SSL_CTX *context = NULL;
    if (count == 4) {
        context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(context, arguments[2]) != 1
            || SSL_CTX_use_PrivateKey_file(context, arguments[3], SSL_FILETYPE_PEM) != 1) {
            ERR_print_errors_fp(stderr);
            return 1;
        }
    }
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    make_answers();
    if (getenv("ANSWERS")) load_answers(getenv("ANSWERS"));
    paced.ring = malloc(RING * sizeof(Tick));
    brisk.ring = malloc(RING * sizeof(Tick));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) die("listen");
    epoll = epoll_create1(0);
    watch(epoll, EPOLL_CTL_ADD, listener, 0, (uint64_t)listener);
    struct epoll_event events[256];
    for (;;) {
        int64_t due = -1;
        if (paced.head != paced.tail) due = paced.ring[paced.head % RING].due;
        if (brisk.head != brisk.tail && (due < 0 || brisk.ring[brisk.head % RING].due < due)) due = brisk.ring[brisk.head % RING].due;
        struct timespec wait, *limit = NULL;
        if (due >= 0) {
            int64_t left = due - now_ns();
            if (left < 0) left = 0;
            wait = (struct timespec){left / 1000000000, left % 1000000000};
            limit = &wait;
        }
        int ready = epoll_pwait2(epoll, events, 256, limit, NULL);
        for (int i = 0; i < ready; i++) {
            int fd = (int)events[i].data.u64;
            if (fd == listener) {
                accept_all(listener, context);
                continue;
            }
            Connection *c = connections[fd];
            if (!c || !flush(c)) continue;
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(c);
        }
        int64_t now = now_ns();
        tick(&paced, now);
        tick(&brisk, now);
    }
}
