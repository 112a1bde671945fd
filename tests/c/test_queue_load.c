/* The queue under load: many publishers, several threads, no packet lost or out of order, no memory left behind. */
#include "check.h"

#include <poll.h>

enum { MOST = 100, SENDERS = 4, BATCH = 200 };

/* What a packet carries, so that none is lost or exchanged unseen. */
struct mark {
  uint32_t publisher;
  uint32_t number;
};

struct stream {
  oxrtmp_session session;
  _Atomic uint32_t next;     /* number of the next packet, while one thread takes */
  _Atomic uint32_t received; /* how many came */
  _Atomic bool ended;
};

static oxrtmp_server server;
static oxrtmp_queue queue;
static struct stream streams[MOST];
static oxrtmp_client clients[MOST];
static _Atomic uint32_t accepted, ended;
static uint32_t publishers; /* how many, at most MOST */
static uint32_t each;       /* packets per publisher */
static bool in_order; /* one thread takes: the packets of a stream come in their order */

/* Each packet has another size, from the smallest block to beyond 64 KiB. */
static size_t size_of(uint32_t number) {
  return number % 97 == 0 ? 70000 : sizeof(struct mark) + number * 37 % 3000;
}

static void *send_all(void *p) {
  uint32_t first = (uint32_t)(uintptr_t)p;
  static uint8_t zero[SENDERS][70000];
  uint8_t *frame = zero[first];
  for (uint32_t n = 0; n < each; n++) {
    for (uint32_t i = first; i < publishers; i += SENDERS) {
      struct mark mark = {i, n};
      memcpy(frame, &mark, sizeof mark);
      OK(oxrtmp_client_send_video(clients[i], n, n == 0, frame, size_of(n)));
    }
  }
  for (uint32_t i = first; i < publishers; i += SENDERS) {
    OK(oxrtmp_client_close(clients[i]));
  }
  return NULL;
}

static void answer(const oxrtmp_event *event) {
  oxrtmp_session_options options;
  char name[32];
  OK(oxrtmp_request_stream_name(event->request, name, sizeof name, NULL));
  struct stream *s = &streams[atoi(name)];
  OK(oxrtmp_session_options_init(&options));
  options.queue = queue;
  options.user_data = (uint64_t)(uintptr_t)s;
  OK(oxrtmp_request_accept(event->request, &options, &s->session));
  accepted++;
}

static void receive(oxrtmp_event *event) {
  struct stream *s = (struct stream *)(uintptr_t)event->user_data;
  struct mark mark;
  CHECK(event->status == OXRTMP_OK && event->u.packet.size >= sizeof mark);
  memcpy(&mark, event->u.packet.data, sizeof mark);
  CHECK(mark.publisher == (uint32_t)(s - streams) && event->u.packet.timestamp_ms == mark.number);
  CHECK(event->u.packet.size == size_of(mark.number));
  if (in_order) {
    CHECK(mark.number == s->next);
    s->next++;
  }
  s->received++;
  OK(oxrtmp_event_release(event));
}

static void handle(oxrtmp_event *event) {
  struct stream *s = (struct stream *)(uintptr_t)event->user_data;
  switch (event->type) {
  case OXRTMP_EVENT_REQUEST:
    CHECK(event->source == server.id);
    answer(event);
    break;
  case OXRTMP_EVENT_PACKET:
    receive(event);
    break;
  case OXRTMP_EVENT_STREAM_END:
    if (event->status != OXRTMP_E_EOF) {
      fprintf(stderr, "stream %zu ended after %u packets: %s, %s\n", (size_t)(s - streams), s->received,
              oxrtmp_status_name(event->status), event->u.info.text);
      exit(1);
    }
    CHECK(event->source == s->session.id && !s->ended);
    s->ended = true;
    ended++;
    break;
  case OXRTMP_EVENT_CONNECTED:
    break;
  default:
    fprintf(stderr, "event %u\n", event->type);
    exit(1);
  }
}

/* take_by_descriptor is an event loop: it sleeps in poll. */
static void take_by_descriptor(void) {
  int fd;
  OK(oxrtmp_queue_fd(queue, &fd));
  static oxrtmp_event events[BATCH];
  size_t count;
  int idle = 0;
  while (ended < publishers) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CHECK(poll(&p, 1, 30000) == 1);
    OK(oxrtmp_queue_drain(queue, events, BATCH, &count));
    idle += count == 0;
    for (size_t i = 0; i < count; i++) {
      handle(&events[i]);
    }
  }
  CHECK(idle < 10); /* readable means that something waits; a source whose request expired may be an exception */
}

/* take_by_waiting sleeps in the library, in several threads at once. */
static void *take_by_waiting(void *unused) {
  (void)unused;
  oxrtmp_event events[BATCH];
  size_t count;
  while (ended < publishers) {
    OK(oxrtmp_queue_wait(queue, 30000, events, BATCH, &count));
    for (size_t i = 0; i < count; i++) {
      handle(&events[i]);
    }
  }
  OK(oxrtmp_queue_wake(queue)); /* for the other thread */
  return NULL;
}

/* open_all makes the clients of all publishers; they are accepted by taking from the queue. */
static void open_all(void) {
  memset(streams, 0, sizeof streams);
  accepted = ended = 0;
  for (uint32_t i = 0; i < publishers; i++) {
    char name[32];
    snprintf(name, sizeof name, "live/%u", i);
    OK(oxrtmp_client_publish_open(url_of(server, name), NULL, queue, 0, &clients[i]));
  }
  for (uint32_t connected = 0; connected < publishers;) {
    oxrtmp_event events[BATCH];
    size_t count;
    OK(oxrtmp_queue_wait(queue, 30000, events, BATCH, &count));
    for (size_t i = 0; i < count; i++) {
      connected += events[i].type == OXRTMP_EVENT_CONNECTED;
      handle(&events[i]);
    }
  }
  CHECK(accepted == publishers);
}

/* run_all has every publisher send, and takes what comes by `takers` threads, 0: by the descriptor. */
static void run_all(int takers) {
  pthread_t senders[SENDERS], threads[8];
  open_all();
  for (int i = 0; i < SENDERS; i++) {
    CHECK(pthread_create(&senders[i], NULL, send_all, (void *)(uintptr_t)i) == 0);
  }
  for (int i = 0; i < takers; i++) {
    CHECK(pthread_create(&threads[i], NULL, take_by_waiting, NULL) == 0);
  }
  if (takers == 0) {
    take_by_descriptor();
  }
  for (int i = 0; i < takers; i++) {
    pthread_join(threads[i], NULL);
  }
  for (int i = 0; i < SENDERS; i++) {
    pthread_join(senders[i], NULL);
  }
  for (uint32_t i = 0; i < publishers; i++) {
    CHECK(streams[i].ended && streams[i].received == each);
    OK(oxrtmp_session_close(streams[i].session));
  }
}

static void prepare(void) {
  OK(oxrtmp_queue_create(NULL, &queue));
  server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
}

static void finish(void) {
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

static void hundred_publishers(void) {
  oxrtmp_library_info before = library_info();
  prepare();
  each = (uint32_t)scaled(300);
  in_order = true;
  run_all(0);
  finish();
  SETTLED(&before);
}

static void two_threads(void) {
  oxrtmp_library_info before = library_info();
  prepare();
  each = (uint32_t)scaled(300);
  in_order = false;
  run_all(2);
  finish();
  SETTLED(&before);
}

/* A flood on one stream does not keep another one waiting: what it sends comes within a few turns of the flood. */
static void fair(void) {
  prepare();
  oxrtmp_client flood, quiet;
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.no_wait = 1;
  memset(streams, 0, sizeof streams);
  OK(oxrtmp_client_publish_open(url_of(server, "live/0"), &options, queue, 0, &flood));
  OK(oxrtmp_client_publish_open(url_of(server, "live/1"), &options, queue, 0, &quiet));
  oxrtmp_event events[64];
  size_t count;
  for (int connected = 0; connected < 2;) {
    OK(oxrtmp_queue_wait(queue, 30000, events, 64, &count));
    for (size_t i = 0; i < count; i++) {
      connected += events[i].type == OXRTMP_EVENT_CONNECTED;
      if (events[i].type == OXRTMP_EVENT_REQUEST) {
        answer(&events[i]);
      }
    }
  }
  static uint8_t frame[1000];
  while (oxrtmp_client_send_audio(flood, 0, frame, sizeof frame) == OXRTMP_OK) {
  }
  sleep_ms(200); /* its session's share of the queue is full */
  OK(oxrtmp_client_send_audio(quiet, 7, frame, 1));
  sleep_ms(200);
  int before = 0;
  for (bool came = false; !came;) {
    OK(oxrtmp_queue_wait(queue, 30000, events, 64, &count));
    for (size_t i = 0; i < count; i++) {
      if (events[i].type == OXRTMP_EVENT_PACKET && events[i].source == streams[1].session.id) {
        came = true;
      }
      before += !came;
      OK(oxrtmp_event_release(&events[i]));
    }
  }
  CHECK(before <= 3 * 64);
  OK(oxrtmp_client_close(quiet));
  OK(oxrtmp_session_close(streams[0].session));
  OK(oxrtmp_session_close(streams[1].session));
  oxrtmp_client_close(flood);
  finish();
}

/* Round after round the process holds no more than before. */
static void memory_is_flat(void) {
  prepare();
  in_order = true;
  each = (uint32_t)scaled(100);
  int rounds = slow() ? 2 : 10;
  for (int i = 0; i < 3; i++) {
    run_all(0);
  }
  oxrtmp_library_info before = library_info();
  int files = open_files();
  long grown = 0;
  for (int attempt = 0; attempt < 3; attempt++) { /* a burst may take memory that stays; what leaks, leaks every time */
    long resident = resident_kib();
    for (int i = 0; i < rounds; i++) {
      run_all(0);
    }
    SETTLED(&before);
    CHECK(open_files() <= files);
    grown = resident_kib() - resident;
    if (grown <= 16 * 1024 || slow() || getenv("ASAN_OPTIONS") != NULL) {
      finish();
      return;
    }
  }
  fprintf(stderr, "grown by %ld KiB in %d rounds of %u packets, for the third time\n", grown, rounds, publishers * each);
  exit(1);
}

int main(void) {
  publishers = slow() ? 20 : MOST;
  RUN(hundred_publishers);
  RUN(two_threads);
  RUN(fair);
  RUN(memory_is_flat);
  return 0;
}
