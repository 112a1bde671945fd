#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_control_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_control *control) {
  OX_ENTER();
  OX_OUT(control);
  OX_INPUT(data, size);
  return oxgo_control_parse(type, (uint8_t *)data, size, control);
}

oxrtmp_status oxrtmp_control_build(const oxrtmp_control *control, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(control != NULL, "control is NULL");
  OX_INPUT(control->data, control->data_size);
  return oxgo_control_build((oxrtmp_control *)control, buf, cap, length);
}

oxrtmp_status oxrtmp_command_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_command *command) {
  OX_ENTER();
  OX_OUT(command);
  OX_INPUT(data, size);
  return oxgo_command_parse(type, (uint8_t *)data, size, command);
}

oxrtmp_status oxrtmp_command_build(const oxrtmp_command *command, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(command != NULL, "command is NULL");
  OX_INPUT(command->name, command->name_size);
  OX_INPUT(command->values, command->values_size);
  return oxgo_command_build((oxrtmp_command *)command, buf, cap, length);
}
