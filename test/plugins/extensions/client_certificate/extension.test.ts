import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentials, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { clientCertificateExtension } from '../../../../plugins/extensions/client_certificate/index.ts'
import { otlpReceiver } from '../../../../plugins/receivers/otlp/index.ts'
import { OtlpReceiver } from '../../../../plugins/receivers/otlp/receiver.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'
import { startAuth } from '../../../helpers/auth-extension.ts'
import { authRequest } from '../../../helpers/auth-request.ts'
import { createAuthority, issueCertificate, revocationList } from '../../../helpers/certificates.ts'
import { call } from '../../../helpers/otlp-receiver.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

const certificate = {
  subject: { CN: 'checkout', O: 'shop', OU: ['inner', 'outer'] },
  subjectaltname: 'DNS:checkout.local, URI:spiffe://shop/checkout, email:"a, DNS:evil"',
}

for (const [yaml, given, outcome] of [
  ['{}', certificate, { subject: 'checkout', tenant: undefined }],
  ['{ tenant_from: o }', certificate, { subject: 'checkout', tenant: 'shop' }],
  ['{ tenant_from: ou }', certificate, { subject: 'checkout', tenant: 'inner' }],
  ['{ subject_from: dns }', certificate, { subject: 'checkout.local', tenant: undefined }],
  ['{ subject_from: uri }', certificate, { subject: 'spiffe://shop/checkout', tenant: undefined }],
  ['{ subject_from: email }', certificate, { subject: 'a, DNS:evil', tenant: undefined }],
  ['{ subject_from: dns }', { subject: { CN: 'a' } }, 'invalid'],
  ['{}', { subject: {} }, 'invalid'],
  ['{ allowed_subjects: [checkout] }', certificate, { subject: 'checkout', tenant: undefined }],
  ['{ allowed_subjects: [mailer] }', certificate, 'not_allowed'],
  ['{}', undefined, 'missing'],
] as const) {
  test(`${yaml} with ${JSON.stringify(given?.subject)} is ${JSON.stringify(outcome)}`, async t => {
    const auth = await startAuth(t, clientCertificateExtension, yaml)
    const request = authRequest({}, given === undefined ? {} : { certificate: given })
    t.deepEqual(await auth.ask(request), outcome)
  })
}

test('over gRPC: known, not allowed, revoked', async t => {
  const folder = await tempFolder(t)
  const authority = createAuthority()
  const own = issueCertificate(authority)
  const clients = {
    known: issueCertificate(authority, ['checkout'], { organization: 'shop' }),
    other: issueCertificate(authority, ['mailer']),
    revoked: issueCertificate(authority, ['checkout']),
  }
  const [client_ca_file, client_crl_file] = [join(folder, 'ca.pem'), join(folder, 'crl.pem')]
  await writeFile(client_ca_file, authority.certPem)
  await writeFile(client_crl_file, revocationList(authority, [clients.revoked]))
  const context = createTestContext('receiver', 'otlp')
  const extension = clientCertificateExtension.create(
    clientCertificateExtension.config.parse({ allowed_subjects: ['checkout'], tenant_from: 'o' }),
    { ...createTestContext('extension', 'mtls'), authenticators: context.authenticators },
  )
  await extension.start?.()
  const tls = { cert_pem: own.certPem, key_pem: own.keyPem, client_ca_file, client_crl_file }
  const grpc = { endpoint: '127.0.0.1:0', tls, auth: { authenticator: 'mtls' } }
  const sink = new LogSink()
  const config = otlpReceiver.config.parse({ protocols: { grpc } })
  const receiver = new OtlpReceiver(config, context, sink)
  await receiver.start()
  t.teardown(() => receiver.stop(AbortSignal.abort()))
  const running = {
    receiver,
    sink,
    context,
    http: '',
    grpc: new URL(receiver.endpoints()[0]!).host,
  }
  const send = (client: keyof typeof clients): Promise<Buffer> => {
    const { keyPem, certPem } = clients[client]
    const pems = [authority.certPem, keyPem, certPem].map(pem => Buffer.from(pem))
    const secure = credentials.createSsl(...(pems as [Buffer, Buffer, Buffer]))
    return call(running, buildLogsRequest([{ records: [{ body: 'hello' }] }]), { secure })
  }
  t.is((await send('known')).length, 0)
  t.deepEqual(sink.batches[0]?.context.identity, { subject: 'checkout', tenant: 'shop' })
  const other = await t.throwsAsync<ServiceError>(send('other'))
  t.is(other?.code, status.PERMISSION_DENIED)
  const revoked = await t.throwsAsync<ServiceError>(send('revoked'))
  t.is(revoked?.code, status.UNAVAILABLE)
  t.is(sink.batches.length, 1)
})
