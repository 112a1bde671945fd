/* Takes streams in through the C library: `ingest BATCH`, one thread for each session, BATCH packets for each call. */
#include <oxrtmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int batch = 64;
static atomic_llong total;

static void *take(void *argument) {
  oxrtmp_session session = *(oxrtmp_session *)argument;
  oxrtmp_packet *packets = calloc((size_t)batch, sizeof *packets);
  free(argument);
  for (;;) {
    size_t count = 0;
    long long size = 0;
    oxrtmp_status status = batch == 1 ? oxrtmp_session_next_packet(session, -1, packets)
                                      : oxrtmp_session_next_packets(session, -1, packets, (size_t)batch, &count);
    if (status) break;
    if (batch == 1) count = 1;
    for (size_t i = 0; i < count; i++) {
      size += (long long)packets[i].size;
      oxrtmp_packet_release(&packets[i]);
    }
    atomic_fetch_add(&total, size);
  }
  oxrtmp_session_close(session);
  free(packets);
  return NULL;
}

static void *serve(void *argument) {
  oxrtmp_server server = *(oxrtmp_server *)argument;
  oxrtmp_request request;
  while (oxrtmp_server_accept(server, -1, &request) == OXRTMP_OK) {
    oxrtmp_session *session = malloc(sizeof *session);
    pthread_t thread;
    if (oxrtmp_request_accept(request, NULL, session)) {
      free(session);
      continue;
    }
    pthread_create(&thread, NULL, take, session);
    pthread_detach(thread);
  }
  return NULL;
}

int main(int argc, char **argv) {
  oxrtmp_server server;
  pthread_t thread;
  char address[64], byte;
  if (argc > 1) batch = atoi(argv[1]);
  if (batch < 1 || oxrtmp_server_bind("127.0.0.1:0", NULL, &server)) return 1;
  oxrtmp_server_address(server, address, sizeof address, NULL);
  printf("listening on %s\n", address);
  fflush(stdout);
  pthread_create(&thread, NULL, serve, &server);
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  printf("%lld\n", (long long)atomic_load(&total));
  fflush(stdout);
  oxrtmp_server_close(server);
  pthread_join(thread, NULL);
  return 0;
}
