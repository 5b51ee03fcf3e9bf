/* enip_names.c - what EtherNet/IP and CIP call their numbers, as Suricata 8 writes them. */
#include "sensor/app/protocols/enip_state.h"

struct name {
    uint32_t number;
    const char *text;
};

static const char *find(const struct name *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].text;
    return NULL;
}
#define FIND(names, number) find(names, sizeof(names) / sizeof *(names), number)

const char *enip_command_name(uint16_t command)
{
    static const struct name names[] = {
        {ENIP_NOP, "Nop"},
        {ENIP_LIST_SERVICES, "ListServices"},
        {ENIP_LIST_IDENTITY, "ListIdentity"},
        {0x64, "ListInterfaces"},
        {ENIP_REGISTER_SESSION, "RegisterSession"},
        {ENIP_UNREGISTER_SESSION, "UnregisterSession"},
        {ENIP_SEND_RR_DATA, "SendRRData"},
        {ENIP_SEND_UNIT_DATA, "SendUnitData"},
        {0x72, "IndicateStatus"},
        {0x73, "Cancel"},
    };
    return FIND(names, command);
}

const char *enip_status_name(uint32_t status)
{
    static const struct name names[] = {
        {0x00, "Success"},
        {0x01, "InvalidCmd"},
        {0x02, "NoResources"},
        {0x03, "IncorrectData"},
        {0x64, "InvalidSession"},
        {0x65, "InvalidLength"},
        {0x69, "UnsupportedProtRev"},
        {0x6a, "EncapHeaderError"},
    };
    return FIND(names, status);
}

const char *enip_service_name(uint8_t service)
{
    static const struct name names[] = {
        {0x01, "Get Attributes All"},
        {0x02, "Set Attributes All"},
        {0x03, "Get Attribute List"},
        {0x04, "Set Attribute List"},
        {0x05, "Reset"},
        {0x06, "Start"},
        {0x07, "Stop"},
        {0x08, "Create"},
        {0x09, "Delete"},
        {0x0a, "Multiple Service Packet"},
        {0x0d, "Apply Attributes"},
        {0x0e, "Get Attributes Single"},
        {0x10, "Set Attributes Single"},
        {0x11, "Find Next Object Instance"},
        {0x15, "Restore"},
        {0x16, "Save"},
        {0x17, "No Forward Open"},
        {0x18, "Get Member"},
        {0x19, "Set Member"},
        {0x1a, "Insert Member"},
        {0x1b, "Remove Member"},
        {0x1c, "Group Sync"},
        {0x1d, "Get Connection Point Member List"},
        /* From here on a number means something else in every class; these are the usual ones. */
        {0x4b, "Execute PCCC Service"},
        {0x4c, "Read Data"},
        {0x4d, "Write Data"},
        {0x4e, "Read Write Modify Data"},
        {0x52, "Read Data Fragmented"},
        {0x53, "Write Data Fragmented"},
        {0x54, "Forward Open"},
    };
    return FIND(names, service);
}

const char *enip_cip_status_name(uint8_t status)
{
    static const char *const names[] = {
        "Success",
        "Connection Failure",
        "Resource Unavailable",
        "Invalid Parameter Value",
        "Path Segment Error",
        "Path Destination Unknown",
        "Partial Transfer",
        "Connection Lost",
        "Service Not Supported",
        "Invalid Attribute Value",
        "Attribute List Error",
        "Already In Requested Mode/State",
        "Object State Conflict",
        "Object Already Exists",
        "Attribute Not Settable",
        "Privilege Violation",
        "Device State Conflict",
        "Reply Data Too Large",
        "Fragmentation Of A Primitive Value",
        "Not Enough Data",
        "Attribute Not Supported",
        "Too Much Data",
        "Object Does Not Exist",
        "Service Fragmentation Sequence Not In Progress",
        "No Stored Attribute Data",
        "Store Operation Failure",
        "Routing Failure, Request Packet Too Large",
        "Routing Failure, Response Packet Too Large",
        "Missing Attribute List Entry Data",
        "Invalid Attribute Value List",
        "Embedded Service Error",
        "Vendor Specific Error",
        "Invalid Parameter",
        "Write-Once Value Or Medium Already Written",
        "Invalid Reply Received",
        "Buffer Overflow",
        "Invalid Message Format",
        "Key Failure In Path",
        "Path Size Invalid",
        "Unexpected Attribute In List",
        "Invalid Member ID",
        "Member Not Settable",
        "Group 2 Only Server General Failure",
        "Unknown Modbus Error",
        "Attribute Not Gettable",
    };
    if (status == 0xff)
        return "Still Processing";
    return status < sizeof names / sizeof *names ? names[status] : NULL;
}

const char *enip_class_name(uint16_t class)
{
    static const struct name names[] = {
        {0x01, "Identity"},
        {0x02, "Message Router"},
        {0x03, "DeviceNet"},
        {0x04, "Assembly"},
        {0x05, "Connection"},
        {0x06, "Connection Manager"},
        {0x07, "Register"},
        {0x08, "Discrete Input Point"},
        {0x09, "Discrete Output Point"},
        {0x0a, "Analog Input Point"},
        {0x0b, "Analog Output Point"},
        {0x0e, "Presence Sensing"},
        {0x0f, "Parameter"},
        {0x10, "Parameter Group"},
        {0x12, "Group"},
        {0x1d, "Discrete Input Group"},
        {0x1e, "Discrete Output Group"},
        {0x1f, "Discrete Group"},
        {0x20, "Analog Input Group"},
        {0x21, "Analog Output Group"},
        {0x22, "Analog Group"},
        {0x23, "Position Sensor"},
        {0x24, "Position Controller Supervisor"},
        {0x25, "Position Controller"},
        {0x26, "Block Sequencer"},
        {0x27, "Command Block"},
        {0x28, "Motor Data"},
        {0x29, "Control Supervisor"},
        {0x2a, "AC/DC Drive"},
        {0x2b, "Acknowledge Handler"},
        {0x2c, "Overload"},
        {0x2d, "Softstart"},
        {0x2e, "Selection"},
        {0x30, "S-Device Supervisor"},
        {0x31, "S-Analog Sensor"},
        {0x32, "S-Analog Actuator"},
        {0x33, "S-Single Stage Controller"},
        {0x34, "S-Gas Calibration"},
        {0x35, "Trip Point"},
        {0x37, "File"},
        {0x38, "S-Partial Pressure"},
        {0x39, "Safety Supervisor"},
        {0x3a, "Safety Validator"},
        {0x3b, "Safety Discrete Output Point"},
        {0x3c, "Safety Discrete Output Group"},
        {0x3d, "Safety Discrete Input Point"},
        {0x3e, "Safety Discrete Input Group"},
        {0x3f, "Safety Dual Channel Output"},
        {0x40, "S-Sensor Calibration"},
        {0x41, "Event Log"},
        {0x42, "Motion Device Axis"},
        {0x43, "Time Sync"},
        {0x44, "Modbus"},
        {0x45, "Originator Connection List"},
        {0x46, "Modbus Serial Link"},
        {0x47, "Device Level Ring (DLR)"},
        {0x48, "QoS"},
        {0x49, "Safety Analog Input Point"},
        {0x4a, "Safety Analog Input Group"},
        {0x4b, "Safety Dual Channel Analog Input"},
        {0x4c, "SERCOS III Link"},
        {0x4d, "Target Connection List"},
        {0x4e, "Base Energy"},
        {0x4f, "Electrical Energy"},
        {0x50, "Non-Electrical Energy"},
        {0x51, "Base Switch"},
        {0x52, "SNMP"},
        {0x53, "Power Management"},
        {0x54, "RSTP Bridge"},
        {0x55, "RSTP Port"},
        {0x56, "PRP/HSR Protocol"},
        {0x57, "PRP/HSR Nodes Table"},
        {0x58, "Safety Feedback"},
        {0x59, "Safety Dual Channel Feedback"},
        {0x5a, "Safety Stop Functions"},
        {0x5b, "Safety Limit Functions"},
        {0x5c, "Power Curtailment"},
        {0x5d, "CIP Security"},
        {0x5e, "EtherNet/IP Security"},
        {0x5f, "Certificate Management"},
        {0x67, "PCCC Class"},
        {0xf0, "ControlNet"},
        {0xf1, "ControlNet Keeper"},
        {0xf2, "ControlNet Scheduling"},
        {0xf3, "Connection Configuration"},
        {0xf4, "Port"},
        {0xf5, "TCP/IP Interface"},
        {0xf6, "Ethernet Link"},
        {0xf7, "CompoNet"},
        {0xf8, "CompoNet Repeater"},
    };
    return FIND(names, class);
}
