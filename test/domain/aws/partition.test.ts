import { describe, expect, it } from 'vitest'
import {
  audienceOf,
  consoleHostOf,
  defaultRegionOf,
  federationEndpointOf,
  PARTITIONS,
  stsEndpointOf,
} from '../../../src/domain/aws/partition.ts'

describe('partitions', () => {
  it.each([
    [
      'aws',
      'https://sts.us-east-1.amazonaws.com',
      'https://us-east-1.signin.aws.amazon.com/federation',
      'console.aws.amazon.com',
    ],
    [
      'aws-cn',
      'https://sts.cn-north-1.amazonaws.com.cn',
      'https://signin.amazonaws.cn/federation',
      'console.amazonaws.cn',
    ],
    [
      'aws-us-gov',
      'https://sts.us-gov-west-1.amazonaws.com',
      'https://signin.amazonaws-us-gov.com/federation',
      'console.amazonaws-us-gov.com',
    ],
    [
      'aws-eusc',
      'https://sts.eusc-de-east-1.amazonaws.eu',
      'https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation',
      'console.amazonaws-eusc.eu',
    ],
  ] as const)('%s has its own endpoints (security.md T-22)', (partition, sts, federation, console) => {
    const region = defaultRegionOf(partition)
    expect(stsEndpointOf(partition, region)).toBe(sts)
    expect(federationEndpointOf(partition, region)).toBe(federation)
    expect(consoleHostOf(partition)).toBe(console)
  })

  it('has an audience of its own in each, so that no token crosses over (threats.md F5)', () => {
    expect(new Set(PARTITIONS.map(audienceOf)).size).toBe(PARTITIONS.length)
    expect(audienceOf('aws')).toBe('sts.amazonaws.com')
  })
})
