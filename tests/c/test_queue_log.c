/* Log records as events of the queue. */
#include "queue.h"

/* Log records are events: about whom, how grave, in one line. */
static void logs(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_DEBUG);
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_library_info before = library_info();
  int stranger = connect_socket(port_of(server)); /* before the server has a queue */
  close(stranger);
  sleep_ms(slow() ? 1000 : 50);
  SETTLED(&before);
  OK(oxrtmp_server_set_queue(server, queue, 77));
  NOTHING(queue);
  stranger = connect_socket(port_of(server));
  CHECK(send(stranger, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
  oxrtmp_event event = NEXT(queue, LOG);
  CHECK(event.source == server.id && event.user_data == 77 && event.level == OXRTMP_LOG_INFO);
  CHECK(strstr(event.u.info.text, "connection ended") != NULL && strstr(event.u.info.text, "HTTP") != NULL);
  CHECK(strstr(event.u.info.text, " error=\"handshake: first byte 0x47 ") != NULL);
  CHECK(event.time_ns > (now_ms() - 10000) * 1000000 && event.time_ns <= (now_ms() + 1) * 1000000);
  close(stranger);

  oxrtmp_queue quiet = new_queue(OXRTMP_LOG_ERROR);
  OK(oxrtmp_server_set_queue(server, quiet, 0));
  stranger = connect_socket(port_of(server));
  CHECK(send(stranger, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
  close(stranger);
  sleep_ms(100);
  NOTHING(quiet);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_queue_destroy(quiet));
}

/* log_records takes what waits, and returns how many records that is, with those that it says were dropped. */
static int log_records(oxrtmp_queue queue, int *dropped) {
  static oxrtmp_event events[1024];
  size_t count;
  int records = 0;
  OK(oxrtmp_queue_drain(queue, events, 1024, &count));
  CHECK(count <= 256);
  for (size_t i = 0; i < count; i++) {
    CHECK(events[i].type == OXRTMP_EVENT_LOG);
    if (events[i].source != 0) {
      records++;
      continue;
    }
    CHECK(events[i].level == OXRTMP_LOG_WARNING && strstr(events[i].u.info.text, " log records were dropped") != NULL);
    *dropped += atoi(events[i].u.info.text);
  }
  return records;
}

/* A flood of log records is cut short and counted; the queue does not grow. */
static void log_flood(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_DEBUG);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  oxrtmp_library_info before = library_info();
  for (int i = 0; i < 600; i++) {
    close(connect_socket(port_of(server)));
  }
  SETTLED(&before);
  sleep_ms(slow() ? 5000 : 100);
  int dropped = 0;
  int records = log_records(queue, &dropped);
  close(connect_socket(port_of(server))); /* the next record says how many are missing */
  sleep_ms(slow() ? 2000 : 200);
  records += log_records(queue, &dropped);
  CHECK(records + dropped == 601 && dropped > 0);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

int main(void) {
  RUN(logs);
  RUN(log_flood);
  return 0;
}
