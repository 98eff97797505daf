// Which IP addresses lie on the public internet, and so may be asked on a stranger's behalf.
import { BlockList, isIP } from 'node:net'

/** Special-purpose ranges of RFC 6890 and its registries, and those that embed other addresses. */
const RESERVED = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '192.175.48.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ],
  ipv6: ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
} as const

/** All of IPv6 that is assigned for global unicast; mapped, local and multicast lie outside. */
const GLOBAL_UNICAST = blockList([['2000::/3', 'ipv6']])

const reserved = blockList(
  (['ipv4', 'ipv6'] as const).flatMap((family) =>
    RESERVED[family].map((range) => [range, family] as const),
  ),
)

function blockList(ranges: readonly (readonly [string, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [range, family] of ranges) {
    const [address = '', bits] = range.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** Whether `address`, an IP address as text, is a public unicast one. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !reserved.check(address, 'ipv4')
    case 6:
      return GLOBAL_UNICAST.check(address, 'ipv6') && !reserved.check(address, 'ipv6')
    default:
      return false
  }
}
