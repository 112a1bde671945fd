/* Opening and closing leaves nothing behind: no descriptor, thread, goroutine, handle or memory. */
#include "check.h"

static void tune_out(oxrtmp_client client, oxrtmp_session session) {
  static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE0, 0};
  static uint8_t frame[3000];
  OK(oxrtmp_client_send_video_sequence_header(client, avcc, sizeof avcc));
  for (uint32_t i = 0; i < 5; i++) {
    OK(oxrtmp_client_send_video(client, 40 * i, i == 0, frame, sizeof frame));
  }
  oxrtmp_packet packet;
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  OK(oxrtmp_packet_release(&packet)); /* the other packets are left for closing to give back */
}

/* The ways in which a stream's two ends can go. */
static void end(int way, oxrtmp_client client, oxrtmp_session session) {
  oxrtmp_packet packet;
  switch (way % 3) {
  case 0: /* the client ends it, the server sees that */
    OK(oxrtmp_client_close(client));
    while (oxrtmp_session_next_packet(session, 10000, &packet) == OXRTMP_OK) {
      OK(oxrtmp_packet_release(&packet));
    }
    OK(oxrtmp_session_close(session));
    break;
  case 1: /* the server ends it */
    OK(oxrtmp_session_close(session));
    oxrtmp_client_close(client);
    break;
  default: /* both at once, with packets that nobody took */
    OK(oxrtmp_client_close(client));
    OK(oxrtmp_session_close(session));
  }
}

struct footprint {
  int files, threads;
  long resident;
};

static struct footprint footprint(void) {
  return (struct footprint){open_files(), threads(), resident_kib()};
}

static void flat(const struct footprint *before, long growth_kib) {
  struct footprint now = footprint();
  if (now.files > before->files || now.threads > before->threads + 4 ||
      (!slow() && now.resident > before->resident + growth_kib)) {
    fprintf(stderr, "files %d -> %d, threads %d -> %d, resident %ld -> %ld KiB\n", before->files, now.files,
            before->threads, now.threads, before->resident, now.resident);
    exit(1);
  }
}

static void streams(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_server server = bind_server(NULL);
  struct footprint settled_at = {0};
  int cycles = scaled(10000);
  for (int i = 0; i < cycles; i++) {
    oxrtmp_client client;
    oxrtmp_session session;
    connect_publisher(server, &client, &session);
    tune_out(client, session);
    end(i, client, session);
    if (i == cycles / 5) {
      settled_at = footprint();
    }
  }
  OK(oxrtmp_server_close(server));
  SETTLED(&before);
  flat(&settled_at, 16 << 10);
}

static void servers_and_readers(void) {
  oxrtmp_library_info before = library_info();
  struct footprint settled_at = {0};
  int cycles = scaled(10000);
  for (int i = 0; i < cycles; i++) {
    oxrtmp_server server = bind_server(NULL);
    oxrtmp_flv_reader reader;
    OK(oxrtmp_flv_reader_open(sample(CLIP), &reader));
    oxrtmp_packet packet;
    OK(oxrtmp_flv_reader_next_packet(reader, &packet));
    OK(oxrtmp_packet_release(&packet));
    OK(oxrtmp_flv_reader_close(reader));
    OK(oxrtmp_server_close(server));
    if (i == cycles / 5) {
      settled_at = footprint();
    }
  }
  SETTLED(&before);
  flat(&settled_at, 16 << 10);
}

/* One process is many clients in sequence, against servers of different chunk sizes: nothing of one reaches the next. */
static void clients_in_sequence(void) {
  for (int i = 0; i < 100; i++) {
    oxrtmp_server_options options;
    OK(oxrtmp_server_options_init(&options));
    options.chunk_size = (uint32_t[]){1, 128, 4096, 60000, 65536}[i % 5];
    oxrtmp_server server = bind_server(&options);
    oxrtmp_client client;
    oxrtmp_session session;
    connect_publisher(server, &client, &session);
    static uint8_t frame[70000];
    memset(frame, i, sizeof frame);
    OK(oxrtmp_client_send_video(client, 7, 1, frame, sizeof frame));
    oxrtmp_packet packet;
    OK(oxrtmp_session_next_packet(session, 10000, &packet));
    CHECK(packet.size == sizeof frame && memcmp(packet.data, frame, sizeof frame) == 0);
    OK(oxrtmp_packet_release(&packet));
    OK(oxrtmp_client_close(client));
    OK(oxrtmp_session_close(session));
    OK(oxrtmp_server_close(server));
  }
}

int main(void) {
  RUN(streams);
  RUN(servers_and_readers);
  RUN(clients_in_sequence);
  return 0;
}
