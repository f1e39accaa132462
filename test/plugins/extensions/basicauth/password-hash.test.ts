import test from 'ava'
import { isPassword, isSlow } from '../../../../plugins/extensions/basicauth/password-hash.ts'

/** Of "myPassword" and others, as written by Apache's htpasswd and by OpenSSL. */
const ENTRIES = [
  ['bcrypt', 'myPassword', '$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC', true],
  ['$apr1$', 'myPassword', '$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/', true],
  ['{SHA}', 'myPassword', '{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=', false],
  ['plain text', 'myPassword', 'myPassword', false],
] as const

for (const [kind, password, entry, slow] of ENTRIES) {
  test(`${kind}: the right password and no other`, async t => {
    t.true(await isPassword(password, entry))
    t.false(await isPassword(`${password}x`, entry))
    t.false(await isPassword('', entry))
    t.is(isSlow(entry), slow)
  })
}

test('{SSHA} has its salt behind the digest', async t => {
  const { createHash } = await import('node:crypto')
  const salt = Buffer.from('salt')
  const digest = createHash('sha1').update('pass').update(salt).digest()
  const entry = `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`
  t.true(await isPassword('pass', entry))
  t.false(await isPassword('Pass', entry))
})

test('a broken entry is nobody', async t => {
  for (const entry of ['$2y$', '$apr1$', '{SHA}', '{SSHA}']) {
    t.false(await isPassword('', entry).catch(() => false), entry)
  }
})
