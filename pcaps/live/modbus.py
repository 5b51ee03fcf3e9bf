"""A gauge that speaks Modbus and whoever reads it: `modbus.py serve HOST`, `modbus.py talk HOST`."""
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.server import StartTcpServer

UNIT = 7


def block():
    return ModbusSequentialDataBlock(0, list(range(100)))


def serve(host):
    store = ModbusSlaveContext(di=block(), co=block(), hr=block(), ir=block())
    StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=(host, 502))


def talk(host):
    client = ModbusTcpClient(host, 502)
    client.connect()
    client.read_coils(1, 10, slave=UNIT)
    client.read_discrete_inputs(2, 20, slave=UNIT)
    client.read_holding_registers(3, 4, slave=UNIT)
    client.read_input_registers(4, 2, slave=UNIT)
    client.write_coil(5, True, slave=UNIT)
    client.write_register(6, 340, slave=UNIT)
    client.write_coils(7, [True, False, True], slave=UNIT)
    client.write_registers(8, [1, 2, 3], slave=UNIT)
    client.readwrite_registers(read_address=1, read_count=2, write_address=9, write_registers=[5], slave=UNIT)
    client.mask_write_register(address=6, and_mask=0xF0, or_mask=0x0A, slave=UNIT)
    client.execute(ReadDeviceInformationRequest(slave=UNIT))
    client.read_holding_registers(5000, 4, slave=UNIT)
    client.close()


{"serve": serve, "talk": talk}[sys.argv[1]](sys.argv[2])
