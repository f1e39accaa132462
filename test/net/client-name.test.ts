import test from 'ava'
import { clientName } from '../../src/net/client-name.ts'

const named = test.macro((t, address: string | undefined, name: string) => {
  t.is(clientName(address), name)
})
test('an IPv4 client is its address', named, '10.0.0.1', '10.0.0.1')
test('an IPv4 client is the same by IPv6', named, '::ffff:10.0.0.1', '10.0.0.1')
test('an IPv6 client is its network', named, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64')
test('however it is written', named, '2001:db8:1:2::9', '2001:db8:1:2::/64')
test('with zeros in its network', named, '2001:db8::9', '2001:db8:0:0::/64')
test('with one zero left out', named, '1::2:3:4:5:6:7', '1:0:2:3::/64')
test('this machine', named, '::1', '0:0:0:0::/64')
test('a link-local one without its zone', named, 'fe80::1%eth0', 'fe80:0:0:0::/64')
test('a peer without an address is on this machine', named, undefined, 'unix')
