/* What a program sets of the run-time system, and what the environment says first. */
#include "check.h"

static void expect(uint32_t processors, uint64_t heap_limit) {
  oxrtmp_library_info now = library_info();
  CHECK(now.processors == processors && now.heap_limit == heap_limit);
}

static oxrtmp_library_info first;

static void set_and_taken_back(void) {
  oxrtmp_runtime_options options;
  OK(oxrtmp_runtime_options_init(&options));
  options.processors = first.processors + 2;
  OK(oxrtmp_runtime_configure(&options));
  expect(first.processors + 2, first.heap_limit);
  options.processors = 1;
  options.heap_bytes = 64 << 20;
  OK(oxrtmp_runtime_configure(&options));
  expect(1, 64 << 20);
  options.processors = 1025;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_runtime_configure(&options));
  expect(1, 64 << 20);
  options.processors = 0;
  options.heap_bytes = UINT64_MAX; /* none */
  OK(oxrtmp_runtime_configure(&options));
  expect(first.processors, 0);
  OK(oxrtmp_runtime_configure(NULL));
  expect(first.processors, first.heap_limit);
}

/* Streams go on while the number of threads changes under them. */
static void under_load(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  oxrtmp_runtime_options options;
  OK(oxrtmp_runtime_options_init(&options));
  static const uint8_t aac[] = {1, 2, 3};
  for (uint32_t i = 0; i < 50; i++) {
    options.processors = i % 5;
    OK(oxrtmp_runtime_configure(&options));
    OK(oxrtmp_client_send_audio(client, i, aac, sizeof aac));
    oxrtmp_packet packet;
    OK(oxrtmp_session_next_packet(session, 10000, &packet));
    CHECK(packet.timestamp_ms == i);
    OK(oxrtmp_packet_release(&packet));
  }
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_runtime_configure(NULL));
}

int main(int argc, char **argv) {
  first = library_info();
  RUN(set_and_taken_back);
  RUN(under_load);
  if (argc == 1 && !slow()) { /* again, with the environment set before the library is loaded */
    setenv("GOMAXPROCS", "3", 1);
    setenv("GOMEMLIMIT", "512MiB", 1);
    fflush(stdout);
    execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    return 1;
  }
  if (argc > 1) {
    CHECK(first.processors == 3 && first.heap_limit == 512 << 20);
  }
  return 0;
}
