// Where the fields of headers stand: byte from the header's first, and the mask of those that share their bytes.
// Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
#pragma once

namespace rxburst {
namespace wire {

// Ethernet, IEEE 802.3 section 3.1.1.
namespace ethernet {
constexpr unsigned kBytes = 14;
constexpr unsigned kDestination = 0;
constexpr unsigned kSource = 6;
constexpr unsigned kType = 12;
}  // namespace ethernet

// VLAN tag, 802.1Q and QinQ, IEEE 802.1Q section 9.6.
namespace vlan {
constexpr unsigned kBytes = 4;
constexpr unsigned kTagControlInformation = 0;
constexpr unsigned kPriority = 0, kPriorityMask = 0xe0;
constexpr unsigned kDropEligible = 0, kDropEligibleMask = 0x10;
constexpr unsigned kIdentifier = 0, kIdentifierMask = 0xfff;
constexpr unsigned kType = 2;
}  // namespace vlan

// MPLS label, RFC 3032 section 2.1.
namespace mpls {
constexpr unsigned kBytes = 4;
constexpr unsigned kLabel = 0, kLabelMask = 0xfffff000;
constexpr unsigned kTrafficClass = 2, kTrafficClassMask = 0xe;
constexpr unsigned kBottomOfStack = 2, kBottomOfStackMask = 0x1;
constexpr unsigned kTimeToLive = 3;
}  // namespace mpls

// ARP for IPv4 over Ethernet, RFC 826, packet format.
namespace arp {
constexpr unsigned kBytes = 28;
constexpr unsigned kHardwareType = 0;
constexpr unsigned kProtocolType = 2;
constexpr unsigned kHardwareLength = 4;
constexpr unsigned kProtocolLength = 5;
constexpr unsigned kOperation = 6;
constexpr unsigned kSenderHardware = 8;
constexpr unsigned kSenderProtocol = 14;
constexpr unsigned kTargetHardware = 18;
constexpr unsigned kTargetProtocol = 24;
}  // namespace arp

// IPv4, RFC 791 section 3.1.
namespace ipv4 {
constexpr unsigned kBytes = 20;
constexpr unsigned kVersion = 0, kVersionMask = 0xf0;
constexpr unsigned kHeaderLength = 0, kHeaderLengthMask = 0xf;
constexpr unsigned kTypeOfService = 1;
constexpr unsigned kDifferentiatedServices = 1, kDifferentiatedServicesMask = 0xfc;
constexpr unsigned kCongestion = 1, kCongestionMask = 0x3;
constexpr unsigned kTotalLength = 2;
constexpr unsigned kIdentification = 4;
constexpr unsigned kFlags = 6, kFlagsMask = 0xe0;
constexpr unsigned kReserved = 6, kReservedMask = 0x80;
constexpr unsigned kDontFragment = 6, kDontFragmentMask = 0x40;
constexpr unsigned kMoreFragments = 6, kMoreFragmentsMask = 0x20;
constexpr unsigned kFragmentOffset = 6, kFragmentOffsetMask = 0x1fff;
constexpr unsigned kTimeToLive = 8;
constexpr unsigned kProtocol = 9;
constexpr unsigned kHeaderChecksum = 10;
constexpr unsigned kSource = 12;
constexpr unsigned kDestination = 16;
}  // namespace ipv4

// IPv4 option, RFC 791 section 3.1, options.
namespace ipv4_option {
constexpr unsigned kBytes = 2;
constexpr unsigned kType = 0;
constexpr unsigned kCopied = 0, kCopiedMask = 0x80;
constexpr unsigned kOptionClass = 0, kOptionClassMask = 0x60;
constexpr unsigned kNumber = 0, kNumberMask = 0x1f;
constexpr unsigned kLength = 1;
constexpr unsigned kPointer = 2;
constexpr unsigned kOverflow = 3, kOverflowMask = 0xf0;
constexpr unsigned kTimestampFlag = 3, kTimestampFlagMask = 0xf;
constexpr unsigned kRouterAlert = 2;
}  // namespace ipv4_option

// IPv6, RFC 8200 section 3.
namespace ipv6 {
constexpr unsigned kBytes = 40;
constexpr unsigned kVersion = 0, kVersionMask = 0xf0;
constexpr unsigned kTrafficClass = 0, kTrafficClassMask = 0xff0;
constexpr unsigned kDifferentiatedServices = 0, kDifferentiatedServicesMask = 0xfc0;
constexpr unsigned kCongestion = 1, kCongestionMask = 0x30;
constexpr unsigned kFlowLabel = 0, kFlowLabelMask = 0xfffff;
constexpr unsigned kPayloadLength = 4;
constexpr unsigned kNextHeader = 6;
constexpr unsigned kHopLimit = 7;
constexpr unsigned kSource = 8;
constexpr unsigned kDestination = 24;
}  // namespace ipv6

// IPv6 hop-by-hop options, RFC 8200 section 4.3.
namespace hop_by_hop {
constexpr unsigned kBytes = 2;
constexpr unsigned kNextHeader = 0;
constexpr unsigned kHeaderLength = 1;
}  // namespace hop_by_hop

// IPv6 routing header, RFC 8200 section 4.4.
namespace routing {
constexpr unsigned kBytes = 4;
constexpr unsigned kNextHeader = 0;
constexpr unsigned kHeaderLength = 1;
constexpr unsigned kRoutingType = 2;
constexpr unsigned kSegmentsLeft = 3;
}  // namespace routing

// IPv6 fragment header, RFC 8200 section 4.5.
namespace fragment {
constexpr unsigned kBytes = 8;
constexpr unsigned kNextHeader = 0;
constexpr unsigned kReserved = 1;
constexpr unsigned kFragmentOffset = 2, kFragmentOffsetMask = 0xfff8;
constexpr unsigned kReservedBits = 3, kReservedBitsMask = 0x6;
constexpr unsigned kMoreFragments = 3, kMoreFragmentsMask = 0x1;
constexpr unsigned kIdentification = 4;
}  // namespace fragment

// IPv6 destination options, RFC 8200 section 4.6.
namespace destination_options {
constexpr unsigned kBytes = 2;
constexpr unsigned kNextHeader = 0;
constexpr unsigned kHeaderLength = 1;
}  // namespace destination_options

// Authentication header, RFC 4302 section 2.
namespace authentication {
constexpr unsigned kBytes = 12;
constexpr unsigned kNextHeader = 0;
constexpr unsigned kPayloadLength = 1;
constexpr unsigned kSecurityParametersIndex = 4;
constexpr unsigned kSequenceNumber = 8;
}  // namespace authentication

// IPv6 option, RFC 8200 section 4.2.
namespace ipv6_option {
constexpr unsigned kBytes = 2;
constexpr unsigned kType = 0;
constexpr unsigned kAction = 0, kActionMask = 0xc0;
constexpr unsigned kChange = 0, kChangeMask = 0x20;
constexpr unsigned kRest = 0, kRestMask = 0x1f;
constexpr unsigned kLength = 1;
constexpr unsigned kRouterAlert = 2;
}  // namespace ipv6_option

// ICMP, RFC 792, message formats.
namespace icmp {
constexpr unsigned kBytes = 8;
constexpr unsigned kType = 0;
constexpr unsigned kCode = 1;
constexpr unsigned kChecksum = 2;
constexpr unsigned kIdentifier = 4;
constexpr unsigned kSequenceNumber = 6;
constexpr unsigned kPointer = 4;
constexpr unsigned kLength = 5;
constexpr unsigned kNextHopMtu = 6;
constexpr unsigned kGateway = 4;
constexpr unsigned kOriginateTimestamp = 8;
constexpr unsigned kReceiveTimestamp = 12;
constexpr unsigned kTransmitTimestamp = 16;
}  // namespace icmp

// ICMPv6, RFC 4443 section 2.1.
namespace icmpv6 {
constexpr unsigned kBytes = 8;
constexpr unsigned kType = 0;
constexpr unsigned kCode = 1;
constexpr unsigned kChecksum = 2;
constexpr unsigned kIdentifier = 4;
constexpr unsigned kSequenceNumber = 6;
constexpr unsigned kMtu = 4;
constexpr unsigned kPointer = 4;
}  // namespace icmpv6

// Router advertisement, RFC 4861 section 4.2.
namespace router_advertisement {
constexpr unsigned kBytes = 16;
constexpr unsigned kCurHopLimit = 4;
constexpr unsigned kManaged = 5, kManagedMask = 0x80;
constexpr unsigned kOther = 5, kOtherMask = 0x40;
constexpr unsigned kRouterLifetime = 6;
constexpr unsigned kReachableTime = 8;
constexpr unsigned kRetransTimer = 12;
}  // namespace router_advertisement

// Neighbour solicitation, RFC 4861 section 4.3.
namespace neighbor_solicitation {
constexpr unsigned kBytes = 24;
constexpr unsigned kTarget = 8;
}  // namespace neighbor_solicitation

// Neighbour advertisement, RFC 4861 section 4.4.
namespace neighbor_advertisement {
constexpr unsigned kBytes = 24;
constexpr unsigned kRouter = 4, kRouterMask = 0x80;
constexpr unsigned kSolicited = 4, kSolicitedMask = 0x40;
constexpr unsigned kOverride = 4, kOverrideMask = 0x20;
constexpr unsigned kTarget = 8;
}  // namespace neighbor_advertisement

// Redirect, RFC 4861 section 4.5.
namespace redirect {
constexpr unsigned kBytes = 40;
constexpr unsigned kTarget = 8;
constexpr unsigned kDestination = 24;
}  // namespace redirect

// Neighbour discovery option, RFC 4861 section 4.6.
namespace nd_option {
constexpr unsigned kBytes = 2;
constexpr unsigned kType = 0;
constexpr unsigned kLength = 1;
}  // namespace nd_option

// Source or target link-layer address, RFC 4861 section 4.6.1.
namespace link_layer_address {
constexpr unsigned kBytes = 8;
constexpr unsigned kAddress = 2;
}  // namespace link_layer_address

// Prefix information, RFC 4861 section 4.6.2.
namespace prefix_information {
constexpr unsigned kBytes = 32;
constexpr unsigned kPrefixLength = 2;
constexpr unsigned kOnLink = 3, kOnLinkMask = 0x80;
constexpr unsigned kAutonomous = 3, kAutonomousMask = 0x40;
constexpr unsigned kValidLifetime = 4;
constexpr unsigned kPreferredLifetime = 8;
constexpr unsigned kPrefix = 16;
}  // namespace prefix_information

// MTU option, RFC 4861 section 4.6.4.
namespace link_mtu {
constexpr unsigned kBytes = 8;
constexpr unsigned kMtu = 4;
}  // namespace link_mtu

// UDP, RFC 768, format.
namespace udp {
constexpr unsigned kBytes = 8;
constexpr unsigned kSourcePort = 0;
constexpr unsigned kDestinationPort = 2;
constexpr unsigned kLength = 4;
constexpr unsigned kChecksum = 6;
}  // namespace udp

// TCP, RFC 9293 section 3.1.
namespace tcp {
constexpr unsigned kBytes = 20;
constexpr unsigned kSourcePort = 0;
constexpr unsigned kDestinationPort = 2;
constexpr unsigned kSequenceNumber = 4;
constexpr unsigned kAcknowledgmentNumber = 8;
constexpr unsigned kDataOffset = 12, kDataOffsetMask = 0xf0;
constexpr unsigned kReservedAndFlags = 12, kReservedAndFlagsMask = 0xfff;
constexpr unsigned kReserved = 12, kReservedMask = 0xe;
constexpr unsigned kAe = 12, kAeMask = 0x1;
constexpr unsigned kFlags = 13;
constexpr unsigned kCwr = 13, kCwrMask = 0x80;
constexpr unsigned kEce = 13, kEceMask = 0x40;
constexpr unsigned kUrg = 13, kUrgMask = 0x20;
constexpr unsigned kAck = 13, kAckMask = 0x10;
constexpr unsigned kPsh = 13, kPshMask = 0x8;
constexpr unsigned kRst = 13, kRstMask = 0x4;
constexpr unsigned kSyn = 13, kSynMask = 0x2;
constexpr unsigned kFin = 13, kFinMask = 0x1;
constexpr unsigned kWindow = 14;
constexpr unsigned kChecksum = 16;
constexpr unsigned kUrgentPointer = 18;
}  // namespace tcp

// TCP option, RFC 9293 section 3.2.
namespace tcp_option {
constexpr unsigned kBytes = 2;
constexpr unsigned kKind = 0;
constexpr unsigned kLength = 1;
}  // namespace tcp_option

// TCP maximum segment size, RFC 9293 section 3.7.1.
namespace maximum_segment_size {
constexpr unsigned kBytes = 4;
constexpr unsigned kValue = 2;
}  // namespace maximum_segment_size

// TCP window scale, RFC 7323 section 2.2.
namespace window_scale {
constexpr unsigned kBytes = 3;
constexpr unsigned kShiftCount = 2;
}  // namespace window_scale

// TCP SACK, first block, RFC 2018 section 3.
namespace selective_acknowledgment {
constexpr unsigned kBytes = 10;
constexpr unsigned kLeftEdge = 2;
constexpr unsigned kRightEdge = 6;
}  // namespace selective_acknowledgment

// TCP timestamps, RFC 7323 section 3.2.
namespace timestamps {
constexpr unsigned kBytes = 10;
constexpr unsigned kValue = 2;
constexpr unsigned kEchoReply = 6;
}  // namespace timestamps

// SCTP common header, RFC 9260 section 3.1.
namespace sctp {
constexpr unsigned kBytes = 12;
constexpr unsigned kSourcePort = 0;
constexpr unsigned kDestinationPort = 2;
constexpr unsigned kVerificationTag = 4;
constexpr unsigned kChecksum = 8;
}  // namespace sctp

// GRE, RFC 2784 section 2.1.
namespace gre {
constexpr unsigned kBytes = 4;
constexpr unsigned kFlagsAndVersion = 0;
constexpr unsigned kChecksumPresent = 0, kChecksumPresentMask = 0x80;
constexpr unsigned kRoutingPresent = 0, kRoutingPresentMask = 0x40;
constexpr unsigned kKeyPresent = 0, kKeyPresentMask = 0x20;
constexpr unsigned kSequenceNumberPresent = 0, kSequenceNumberPresentMask = 0x10;
constexpr unsigned kVersion = 1, kVersionMask = 0x7;
constexpr unsigned kProtocolType = 2;
}  // namespace gre

// GRE checksum, RFC 2784 section 2.5.
namespace gre_checksum {
constexpr unsigned kBytes = 4;
constexpr unsigned kChecksum = 0;
constexpr unsigned kReserved = 2;
}  // namespace gre_checksum

// GRE key, RFC 2890 section 2.
namespace gre_key {
constexpr unsigned kBytes = 4;
constexpr unsigned kKey = 0;
}  // namespace gre_key

// GRE sequence number, RFC 2890 section 2.
namespace gre_sequence {
constexpr unsigned kBytes = 4;
constexpr unsigned kSequenceNumber = 0;
}  // namespace gre_sequence

// VXLAN, RFC 7348 section 5.
namespace vxlan {
constexpr unsigned kBytes = 8;
constexpr unsigned kFlags = 0;
constexpr unsigned kVniPresent = 0, kVniPresentMask = 0x8;
constexpr unsigned kGroupPolicyIdentifier = 2;
constexpr unsigned kNetworkIdentifier = 4;
constexpr unsigned kLastReserved = 7;
}  // namespace vxlan

// GTP-U, 3GPP TS 29.281 section 5.1.
namespace gtpu {
constexpr unsigned kBytes = 8;
constexpr unsigned kFlags = 0;
constexpr unsigned kVersion = 0, kVersionMask = 0xe0;
constexpr unsigned kProtocolType = 0, kProtocolTypeMask = 0x10;
constexpr unsigned kExtensionPresent = 0, kExtensionPresentMask = 0x4;
constexpr unsigned kSequenceNumberPresent = 0, kSequenceNumberPresentMask = 0x2;
constexpr unsigned kNpduNumberPresent = 0, kNpduNumberPresentMask = 0x1;
constexpr unsigned kMessageType = 1;
constexpr unsigned kLength = 2;
constexpr unsigned kTunnelEndpointIdentifier = 4;
constexpr unsigned kSequenceNumber = 8;
constexpr unsigned kNpduNumber = 10;
constexpr unsigned kNextExtensionHeaderType = 11;
}  // namespace gtpu

// GTP-U extension header, 3GPP TS 29.281 section 5.2.
namespace gtpu_extension {
constexpr unsigned kBytes = 4;
constexpr unsigned kLength = 0;
}  // namespace gtpu_extension

// Geneve, RFC 8926 section 3.4.
namespace geneve {
constexpr unsigned kBytes = 8;
constexpr unsigned kVersion = 0, kVersionMask = 0xc0;
constexpr unsigned kOptionLength = 0, kOptionLengthMask = 0x3f;
constexpr unsigned kFlags = 1;
constexpr unsigned kControl = 1, kControlMask = 0x80;
constexpr unsigned kCritical = 1, kCriticalMask = 0x40;
constexpr unsigned kProtocolType = 2;
constexpr unsigned kNetworkIdentifier = 4;
constexpr unsigned kReserved = 7;
}  // namespace geneve

// Geneve option, RFC 8926 section 3.5.
namespace geneve_option {
constexpr unsigned kBytes = 4;
constexpr unsigned kOptionClass = 0;
constexpr unsigned kType = 2;
constexpr unsigned kCritical = 2, kCriticalMask = 0x80;
constexpr unsigned kLength = 3, kLengthMask = 0x1f;
}  // namespace geneve_option

// DNS header, RFC 1035 section 4.1.1.
namespace dns {
constexpr unsigned kBytes = 12;
constexpr unsigned kId = 0;
constexpr unsigned kFlags = 2;
constexpr unsigned kResponse = 2, kResponseMask = 0x80;
constexpr unsigned kOpcode = 2, kOpcodeMask = 0x78;
constexpr unsigned kAuthoritativeAnswer = 2, kAuthoritativeAnswerMask = 0x4;
constexpr unsigned kTruncation = 2, kTruncationMask = 0x2;
constexpr unsigned kRecursionDesired = 2, kRecursionDesiredMask = 0x1;
constexpr unsigned kRecursionAvailable = 3, kRecursionAvailableMask = 0x80;
constexpr unsigned kReserved = 3, kReservedMask = 0x40;
constexpr unsigned kAuthenticData = 3, kAuthenticDataMask = 0x20;
constexpr unsigned kCheckingDisabled = 3, kCheckingDisabledMask = 0x10;
constexpr unsigned kResponseCode = 3, kResponseCodeMask = 0xf;
constexpr unsigned kQuestionCount = 4;
constexpr unsigned kAnswerCount = 6;
constexpr unsigned kAuthorityCount = 8;
constexpr unsigned kAdditionalCount = 10;
}  // namespace dns

// DNS question, behind its name, RFC 1035 section 4.1.2.
namespace dns_question {
constexpr unsigned kBytes = 4;
constexpr unsigned kType = 0;
constexpr unsigned kQuestionClass = 2;
}  // namespace dns_question

// DNS resource record, behind its name, RFC 1035 section 4.1.3.
namespace dns_record {
constexpr unsigned kBytes = 10;
constexpr unsigned kType = 0;
constexpr unsigned kRecordClass = 2;
constexpr unsigned kTimeToLive = 4;
constexpr unsigned kDataLength = 8;
}  // namespace dns_record

// DHCP, RFC 2131 section 2.
namespace dhcp {
constexpr unsigned kBytes = 240;
constexpr unsigned kOp = 0;
constexpr unsigned kHtype = 1;
constexpr unsigned kHlen = 2;
constexpr unsigned kHops = 3;
constexpr unsigned kXid = 4;
constexpr unsigned kSecs = 8;
constexpr unsigned kFlags = 10;
constexpr unsigned kBroadcast = 10, kBroadcastMask = 0x80;
constexpr unsigned kCiaddr = 12;
constexpr unsigned kYiaddr = 16;
constexpr unsigned kSiaddr = 20;
constexpr unsigned kGiaddr = 24;
constexpr unsigned kChaddr = 28;
constexpr unsigned kSname = 44;
constexpr unsigned kFile = 108;
constexpr unsigned kCookie = 236;
}  // namespace dhcp

// DHCP option, RFC 2132 section 2.
namespace dhcp_option {
constexpr unsigned kBytes = 2;
constexpr unsigned kCode = 0;
constexpr unsigned kLength = 1;
}  // namespace dhcp_option

// NTP, RFC 5905 section 7.3.
namespace ntp {
constexpr unsigned kBytes = 48;
constexpr unsigned kFlags = 0;
constexpr unsigned kLeapIndicator = 0, kLeapIndicatorMask = 0xc0;
constexpr unsigned kVersion = 0, kVersionMask = 0x38;
constexpr unsigned kMode = 0, kModeMask = 0x7;
constexpr unsigned kStratum = 1;
constexpr unsigned kPoll = 2;
constexpr unsigned kPrecision = 3;
constexpr unsigned kRootDelay = 4;
constexpr unsigned kRootDispersion = 8;
constexpr unsigned kReferenceId = 12;
constexpr unsigned kReferenceSeconds = 16;
constexpr unsigned kReferenceFraction = 20;
constexpr unsigned kOriginSeconds = 24;
constexpr unsigned kOriginFraction = 28;
constexpr unsigned kReceiveSeconds = 32;
constexpr unsigned kReceiveFraction = 36;
constexpr unsigned kTransmitSeconds = 40;
constexpr unsigned kTransmitFraction = 44;
}  // namespace ntp

}  // namespace wire
}  // namespace rxburst
