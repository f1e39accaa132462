import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { tlsServerConfig } from '../../src/net/tls-config.ts'
import { CertificateReload } from '../../src/net/tls-reload.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { until } from '../helpers/until.ts'

test('new files are handed over; broken ones are not, and said', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-reload-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const cert_file = join(folder, 'cert.pem')
  const key_file = join(folder, 'key.pem')
  const { certPem, keyPem } = issueCertificate(createAuthority())
  await writeFile(cert_file, certPem)
  await writeFile(key_file, keyPem)
  const { logger, lines } = createTestContext('receiver', 'x')
  const config = tlsServerConfig.parse({ cert_file, key_file, reload_interval: '10ms' })
  let applied: (cert: unknown) => void = () => {}
  const reload = new CertificateReload(config, logger, ({ cert }) => applied(cert))
  // The reload's own timer does not keep a process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    reload.stop()
  })
  const first = new Promise(resolve => (applied = resolve))
  reload.start()
  t.is(await first, certPem)
  await writeFile(cert_file, 'broken')
  await until(() => lines.length !== 0)
  t.is(lines[0]?.['msg'], 'new TLS files cannot be used; the old ones stay in use')
})
