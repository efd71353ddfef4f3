// A load generator for chat completions over HTTP/1.1 on one thread; prints one line of JSON.
//
//   load -p PORT -b BODY [-b BODY:WEIGHT ...] [-c CONNECTIONS] [-k KEY] [-u PATH] [-t]
//        (-d SECONDS [-w WARM] [-r RATE] | -n REQUESTS) [-a SHARE] [-s SEED] [-P PID,PID…]
//
//   -d  measure for that long after WARM seconds: closed loop, or at RATE requests a second (open loop: a late answer does
//       not hold the next request back, and latency counts from when it was due)
//   -n  send exactly that many requests and stop
//   -a  the share of requests the client gives up at a random moment: in its own request, while it waits, in the answer
//   -P  processes whose CPU time (of all threads, from schedstat) is measured over the same window, and their memory
//   -t  TLS (the certificate is not checked)
#include "wire.h"

#include <dirent.h>
#include <signal.h>
#include <strings.h>

typedef struct {
    char *bytes;
    size_t size;
    int weight;
} Message;

typedef enum { IDLE, HEAD, LENGTH_BODY, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, TRAILER, TRAILER_LINE } Phase;
typedef enum { KEEP, ABORT_SENDING, ABORT_LATER, ABORT_READING } Abort;

typedef struct {
    Wire wire;
    const Message *message;
    size_t sent, send_limit;
    int writing;
    int64_t started, first_byte;
    Phase phase;
    char head[8192];
    size_t head_size;
    int status;
    size_t left;  // of the body or the chunk
    int64_t body_bytes, events;
    char previous;  // last body byte, for blank lines across reads
    Abort abort;
    size_t abort_after;
    int64_t abort_at;
} Connection;

static int port, connection_count = 16;
static double seconds, warm = 0.5, rate, abort_share;
static int64_t request_count;
static SSL_CTX *tls;
static Message messages[16];
static int message_count, weights;
static int pids[64], pid_count;
static int epoll;
static Connection *all;
static uint64_t random_state = 1;

// What finishes inside the window counts, events when they arrive: in a steady state both match the CPU time of the window.
static int64_t window_start, window_end, started_count, finished_count;
static int64_t done, errors, aborted, event_count, answer_events, byte_count;
static uint32_t *latencies, *first_bytes;
static size_t sample_count, sample_capacity;
static int *idle_list, idle_count, measuring;
static int64_t *due_ring;
static size_t due_head, due_tail;
enum { DUE = 1 << 20 };

static uint64_t draw(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545F4914F6CDD1DULL >> 11;
}

static double draw_unit(void) { return (double)draw() / (double)(1ULL << 53); }

// --- processes being measured ---------------------------------------------------------------------------------------

static double cpu_of(int pid) {
    char path[320];
    double total = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) return 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        long long on_cpu = 0;
        if (fscanf(file, "%lld", &on_cpu) == 1) total += (double)on_cpu / 1e9;
        fclose(file);
    }
    closedir(tasks);
    return total;
}

static double all_cpu(void) {
    double total = 0;
    for (int i = 0; i < pid_count; i++) total += cpu_of(pids[i]);
    return total;
}

static long all_memory_kb(void) {
    long total = 0;
    for (int i = 0; i < pid_count; i++) {
        char path[64], line[256];
        snprintf(path, sizeof path, "/proc/%d/status", pids[i]);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        while (fgets(line, sizeof line, file))
            if (!strncmp(line, "VmRSS:", 6)) total += atol(line + 6);
        fclose(file);
    }
    return total;
}

// --- requests -------------------------------------------------------------------------------------------------------

static void open_connection(Connection *c) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (void *)&address, sizeof address)) die("connect");
    wire_prepare(fd);
    c->wire = wire_wrap(fd, tls, 0);
    c->writing = 0;
    watch(epoll, EPOLL_CTL_ADD, fd, 0, (uint64_t)(c - all));
}

static void reopen(Connection *c, int reset) {
    wire_close(&c->wire, reset);
    open_connection(c);
}

static void finish(Connection *c, int good);

static void give_up(Connection *c) {
    aborted++;
    c->abort = KEEP;
    c->phase = IDLE;
    reopen(c, draw() & 1);
    finish(c, -1);
}

static void send_more(Connection *c) {
    while (c->sent < c->send_limit) {
        ssize_t put = wire_write(&c->wire, c->message->bytes + c->sent, c->send_limit - c->sent);
        if (put <= 0) break;  // a closed connection shows when it is read
        c->sent += (size_t)put;
    }
    int writing = c->sent < c->send_limit;
    if (writing != c->writing) {
        c->writing = writing;
        watch(epoll, EPOLL_CTL_MOD, c->wire.fd, writing, (uint64_t)(c - all));
    }
    if (!writing && c->abort == ABORT_SENDING) give_up(c);
}

static void begin(Connection *c, int64_t at) {
    int pick = (int)(draw() % (uint64_t)weights), chosen = 0;
    while ((pick -= messages[chosen].weight) >= 0) chosen++;
    started_count++;
    c->message = &messages[chosen];
    c->send_limit = c->message->size;
    c->sent = c->head_size = c->left = 0;
    c->started = at;
    c->first_byte = c->body_bytes = c->events = 0;
    c->status = 0;
    c->previous = 0;
    c->phase = HEAD;
    c->abort = KEEP;
    if (abort_share > 0 && draw_unit() < abort_share) {
        switch (draw() % 3) {
        case 0:
            c->abort = ABORT_SENDING;
            c->send_limit = 1 + draw() % (c->message->size - 1);
            break;
        case 1:
            c->abort = ABORT_LATER;
            c->abort_at = now_ns() + (int64_t)(draw() % 1000000);
            break;
        default:
            c->abort = ABORT_READING;
            c->abort_after = 1 + draw() % 800;
        }
    }
    send_more(c);
}

// `good`: 1 answered with 200, 0 failed, -1 given up on purpose.
static void finish(Connection *c, int good) {
    int64_t at = now_ns();
    finished_count++;
    c->phase = IDLE;
    int counted = at >= window_start && at < window_end;
    if (counted && good == 1) {
        done++;
        answer_events += c->events;
        byte_count += c->body_bytes;
        if (sample_count == sample_capacity) {
            sample_capacity = sample_capacity ? sample_capacity * 2 : 65536;
            latencies = realloc(latencies, sample_capacity * sizeof *latencies);
            first_bytes = realloc(first_bytes, sample_capacity * sizeof *first_bytes);
        }
        latencies[sample_count] = (uint32_t)((at - c->started) / 1000);
        first_bytes[sample_count++] = (uint32_t)((c->first_byte - c->started) / 1000);
    } else if (counted && good == 0 && errors++ < 3) {
        fprintf(stderr, "failed with status %d: %.*s\n", c->status, (int)(c->head_size < 300 ? c->head_size : 300), c->head);
    }
    if (request_count) {
        if (started_count < request_count) begin(c, at);
    } else if (at < window_end) {
        if (!rate) begin(c, at);
        else if (due_head != due_tail) begin(c, due_ring[due_head++ % DUE]);
        else idle_list[idle_count++] = (int)(c - all);
    }
}

// --- answers --------------------------------------------------------------------------------------------------------

static void count_events(Connection *c, const char *bytes, size_t size) {
    c->body_bytes += (int64_t)size;
    const char *at = bytes, *end = bytes + size;
    int64_t found = 0;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        if ((at > bytes ? at[-1] : c->previous) == '\n') found++;
        at++;
    }
    c->previous = bytes[size - 1];
    c->events += found;
    if (measuring) event_count += found;
}

// Reads the head's framing; 0 while it is not whole.
static int read_head(Connection *c) {
    c->head[c->head_size] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end) return 0;
    *end = 0;
    c->status = atoi(c->head + 9);
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (strcasestr(c->head, "\r\ntransfer-encoding: chunked")) {
        c->phase = CHUNK_SIZE;
        c->left = 0;
    } else {
        c->phase = LENGTH_BODY;
        c->left = length ? strtoul(length + 17, NULL, 10) : 0;
    }
    return 1;
}

static int hex(char digit) { return digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10; }

// Takes bytes of the answer. True once it is complete.
static int take(Connection *c, const char *bytes, size_t size) {
    const char *at = bytes, *end = bytes + size;
    if (!c->first_byte) c->first_byte = now_ns();
    if (c->phase == HEAD) {
        size_t before = c->head_size, room = sizeof c->head - 1 - before, taken = size < room ? size : room;
        memcpy(c->head + before, bytes, taken);
        c->head_size += taken;
        if (!read_head(c)) return 0;
        at = bytes + (strlen(c->head) + 4 - before);
        if (c->phase == LENGTH_BODY && !c->left) return 1;
    }
    while (at < end) {
        size_t available = (size_t)(end - at), piece = available < c->left ? available : c->left;
        switch (c->phase) {
        case LENGTH_BODY:
            count_events(c, at, piece);
            c->left -= piece;
            at += piece;
            if (!c->left) return 1;
            break;
        case CHUNK_SIZE:
            if (*at == '\n') c->phase = c->left ? CHUNK_DATA : TRAILER;
            else if (*at == ';') c->phase = CHUNK_EXTENSION;
            else if (*at != '\r') c->left = c->left * 16 + (size_t)hex(*at);
            at++;
            break;
        case CHUNK_EXTENSION:
            if (*at++ == '\n') c->phase = c->left ? CHUNK_DATA : TRAILER;
            break;
        case CHUNK_DATA:
            count_events(c, at, piece);
            c->left -= piece;
            at += piece;
            if (!c->left) c->phase = CHUNK_END;
            break;
        case CHUNK_END:
            if (*at++ == '\n') c->phase = CHUNK_SIZE;
            break;
        case TRAILER:
            if (*at == '\n') return 1;
            if (*at++ != '\r') c->phase = TRAILER_LINE;
            break;
        case TRAILER_LINE:
            if (*at++ == '\n') c->phase = TRAILER;
            break;
        default:
            return 0;
        }
    }
    return 0;
}

static void read_from(Connection *c) {
    static char buffer[262144];
    for (;;) {
        ssize_t got = wire_read(&c->wire, buffer, sizeof buffer);
        if (got == WIRE_WAIT) return;
        if (got == WIRE_CLOSED) {
            int waiting = c->phase != IDLE;
            reopen(c, 0);
            if (waiting) finish(c, 0);
            return;
        }
        if (c->phase == IDLE) continue;
        if (c->abort == ABORT_READING && (size_t)(c->body_bytes + (int64_t)c->head_size) + (size_t)got >= c->abort_after) {
            give_up(c);
            return;
        }
        if (take(c, buffer, (size_t)got)) {
            // A request meant to be given up is, at the latest at this moment.
            if (c->abort != KEEP) {
                give_up(c);
                return;
            }
            finish(c, c->status == 200);
            if (!c->wire.tls) return;
        } else if (!c->wire.tls && (size_t)got < sizeof buffer) return;
    }
}

// --- the run --------------------------------------------------------------------------------------------------------

static void add_message(char *argument, const char *key, const char *path) {
    char *colon = strrchr(argument, ':');
    Message *message = &messages[message_count++];
    message->weight = 1;
    if (colon) {
        *colon = 0;
        message->weight = atoi(colon + 1);
    }
    weights += message->weight;
    FILE *file = fopen(argument, "r");
    if (!file) die(argument);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    message->bytes = malloc(size + 2048);
    int head = snprintf(
        message->bytes, 2048,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        "User-Agent: OpenAI/Python 3.52.0\r\nX-Stainless-Lang: python\r\nX-Stainless-Package-Version: 3.52.0\r\n"
        "X-Stainless-OS: Linux\r\nX-Stainless-Retry-Count: 0\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
        path, port, key, size);
    if (fread(message->bytes + head, 1, size, file) != size) die(argument);
    fclose(file);
    message->size = (size_t)head + size;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t quantile(const uint32_t *sorted, double at) {
    return sample_count ? sorted[(size_t)((double)(sample_count - 1) * at)] : 0;
}

int main(int count, char **arguments) {
    char *bodies[16], *key = "none", *path = "/v1/chat/completions";
    int body_count = 0, option;
    while ((option = getopt(count, arguments, "p:b:c:k:u:td:w:r:n:a:s:P:")) > 0) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'b': if (body_count < 16) bodies[body_count++] = optarg; break;
        case 'c': connection_count = atoi(optarg); break;
        case 'k': key = optarg; break;
        case 'u': path = optarg; break;
        case 't': tls = SSL_CTX_new(TLS_client_method()); break;
        case 'd': seconds = atof(optarg); break;
        case 'w': warm = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'n': request_count = atoll(optarg); break;
        case 'a': abort_share = atof(optarg); break;
        case 's': random_state = strtoull(optarg, NULL, 10) * 2654435761u + 1; break;
        case 'P':
            for (char *pid = strtok(optarg, ","); pid && pid_count < 64; pid = strtok(NULL, ",")) pids[pid_count++] = atoi(pid);
            break;
        default: return 64;
        }
    }
    if (!port || !body_count || (seconds <= 0 && request_count <= 0)) {
        fprintf(stderr, "usage: load -p PORT -b BODY (-d SECONDS | -n REQUESTS) [options]\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    for (int i = 0; i < body_count; i++) add_message(bodies[i], key, path);
    if (request_count && request_count < connection_count) connection_count = (int)request_count;
    epoll = epoll_create1(0);
    all = calloc((size_t)connection_count, sizeof *all);
    idle_list = malloc((size_t)connection_count * sizeof *idle_list);
    due_ring = malloc(DUE * sizeof *due_ring);
    for (int i = 0; i < connection_count; i++) open_connection(&all[i]);

    int64_t start = now_ns();
    window_start = request_count ? start : start + (int64_t)(warm * 1e9);
    window_end = request_count ? INT64_MAX : window_start + (int64_t)(seconds * 1e9);
    double gap = rate > 0 ? 1e9 / rate : 0, next = (double)start, cpu_before = request_count ? all_cpu() : 0;
    measuring = request_count > 0;
    for (int i = 0; i < connection_count; i++) {
        if (rate > 0) idle_list[idle_count++] = i;
        else begin(&all[i], now_ns());
    }
    struct epoll_event ready[256];
    for (;;) {
        int64_t now = now_ns();
        if (!measuring && now >= window_start) {
            measuring = 1;
            cpu_before = all_cpu();
        }
        if (request_count ? finished_count >= request_count : now >= window_end) break;
        int64_t wait = 50000000, until = (measuring ? window_end : window_start) - now;
        if (until < wait) wait = until > 0 ? until : 0;
        if (rate > 0) {
            for (; next <= (double)now; next += gap) {
                if (idle_count) begin(&all[idle_list[--idle_count]], (int64_t)next);
                else if (due_tail - due_head < DUE) due_ring[due_tail++ % DUE] = (int64_t)next;
            }
            int64_t left = (int64_t)next - now_ns();
            if (left < wait) wait = left > 0 ? left : 0;
        }
        if (abort_share > 0 && wait > 200000) wait = 200000;
        struct timespec limit = {wait / 1000000000, wait % 1000000000};
        int events = epoll_pwait2(epoll, ready, 256, &limit, NULL);
        for (int i = 0; i < events; i++) {
            Connection *c = &all[ready[i].data.u64];
            int fd = c->wire.fd;
            if (c->phase != IDLE && c->sent < c->send_limit) send_more(c);
            // A connection given up and opened again in `send_more` has nothing to read of what this event tells.
            if (c->wire.fd == fd && ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(c);
        }
        if (abort_share > 0) {
            now = now_ns();
            for (int i = 0; i < connection_count; i++)
                if (all[i].phase != IDLE && all[i].abort == ABORT_LATER && all[i].abort_at <= now) give_up(&all[i]);
        }
    }
    double took = (double)((request_count ? now_ns() : window_end) - window_start) / 1e9, cpu = all_cpu() - cpu_before;
    qsort(latencies, sample_count, sizeof *latencies, ascending);
    qsort(first_bytes, sample_count, sizeof *first_bytes, ascending);
    double requests = done ? (double)done : 1, events = event_count ? (double)event_count : 1;
    printf(
        "{\"done\":%lld,\"errors\":%lld,\"aborted\":%lld,\"seconds\":%.3f,\"per_second\":%.1f,\"cpu_us\":%.3f,\"cpu_us_event\":%.4f,"
        "\"cpu_share\":%.3f,\"events\":%.2f,\"bytes\":%.1f,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u,\"first50\":%u,"
        "\"first99\":%u,\"rss_kb\":%ld}\n",
        (long long)done, (long long)errors, (long long)aborted, took, (double)done / took, cpu * 1e6 / requests, cpu * 1e6 / events,
        cpu / took, (double)answer_events / requests, (double)byte_count / requests, quantile(latencies, .5), quantile(latencies, .9),
        quantile(latencies, .99), quantile(latencies, .999), quantile(latencies, 1), quantile(first_bytes, .5),
        quantile(first_bytes, .99), all_memory_kb());
    return 0;
}
