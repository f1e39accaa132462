import { z } from 'zod'
import { duration } from '#core'

const providerFields = {
  issuer_url: z.url({ protocol: /^https?$/ }).meta({
    description: 'Issuer of the tokens; its keys are found at /.well-known/openid-configuration.',
  }),
  audience: z.string().default('').meta({ description: 'The `aud` that tokens must be for.' }),
  ignore_audience: z.boolean().default(false).meta({
    description: 'Take tokens for anybody: those meant for other services as well.',
  }),
  issuer_ca_path: z.string().optional().meta({
    description: 'PEM file with the authority of the issuer; absent = those Node trusts.',
  }),
  username_claim: z.string().default('').meta({
    description: 'Claim with the name of the sender; absent = sub.',
  }),
  groups_claim: z.string().default('').meta({
    description: 'Claim with groups: `auth.membership` for processors, joined by a comma.',
  }),
  tenant_claim: z.string().default('').meta({
    description: 'Claim with the tenant: `auth.tenant` for processors. Not in the Collector.',
  }),
  scope_claim: z.string().default('').meta({
    description:
      'Claim with scopes, a list or words; set = a sender needs logs:write. Not in the Collector.',
  }),
  public_keys_file: z.string().optional().meta({
    description: 'A JWKS or PEM file with the keys, instead of asking the issuer.',
  }),
} as const

const providerConfig = z
  .strictObject(providerFields)
  .refine(({ audience, ignore_audience: ignore }) => audience !== '' || ignore, {
    path: ['audience'],
    message: 'must be set, or any token of the issuer lets in (ignore_audience: true)',
  })

export type ProviderConfig = z.output<typeof providerConfig>

/** The Collector's keys: one provider may stand at the top. */
export const oidcConfig = z
  .strictObject({
    attribute: z.string().min(1).default('authorization').meta({
      description: 'The header with `Bearer TOKEN`.',
    }),
    providers: z.array(providerConfig).default([]).meta({
      description: 'Issuers whose tokens are taken.',
    }),
    clock_skew: duration('How far clocks may differ. Not in the Collector.', '30s'),
    reload_interval: duration(
      'How often public_keys_file is looked at. Not in the Collector.',
      '10s',
    ),
    ...z.strictObject(providerFields).partial().shape,
  })
  .transform((config, context) => {
    const { attribute, providers, clock_skew, reload_interval, ...top } = config
    const shared = { attribute, clock_skew, reload_interval }
    if (config.issuer_url === undefined) {
      if (providers.length > 0) return { ...shared, providers }
      context.addIssue({ code: 'custom', path: ['providers'], message: 'names no provider' })
      return z.NEVER
    }
    const first = providerConfig.safeParse(top)
    if (first.success) return { ...shared, providers: [first.data, ...providers] }
    for (const { path, message } of first.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
    return z.NEVER
  })

export type OidcConfig = z.output<typeof oidcConfig>
