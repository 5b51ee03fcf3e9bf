# shellcheck shell=bash
# Modbus: coils, inputs and registers read and written, an illegal address, a device name: pymodbus

serve() { daemon 502 "$PYTHON" "$LIVE/modbus.py" serve "$HOST"; }

talk() { ask "$PYTHON" "$LIVE/modbus.py" talk "$HOST"; }
