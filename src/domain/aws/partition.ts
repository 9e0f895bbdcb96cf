/** AWS keeps four separate worlds; a role, its provider and its endpoints are all of one. Source: AWS, "Partitions". */
export const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'] as const
export type Partition = (typeof PARTITIONS)[number]

/** True for what looks like a region's name; which ones exist changes every year. */
export const isRegion = (text: string): boolean => /^[a-z]{2,8}(-[a-z]{2,12}){1,3}-\d{1,2}$/.test(text)

type Hosts = {
  readonly sts: (region: string) => string
  readonly signIn: (region: string) => string
  /** Suffix of every console host; the bare name and `<region>.<name>` both serve. */
  readonly console: string
  /** AWS's entity id as a SAML service provider. */
  readonly samlAudience: string
  readonly defaultRegion: string
}

/** Where each partition lives: aws.md §2, §4 and §5. */
const HOSTS: Readonly<Record<Partition, Hosts>> = {
  aws: {
    sts: (region) => `https://sts.${region}.amazonaws.com`,
    signIn: (region) => `https://${region}.signin.aws.amazon.com`,
    console: 'console.aws.amazon.com',
    samlAudience: 'urn:amazon:webservices',
    defaultRegion: 'us-east-1',
  },
  'aws-cn': {
    sts: (region) => `https://sts.${region}.amazonaws.com.cn`,
    signIn: () => 'https://signin.amazonaws.cn',
    console: 'console.amazonaws.cn',
    samlAudience: 'urn:amazon:webservices:cn-north-1',
    defaultRegion: 'cn-north-1',
  },
  'aws-us-gov': {
    sts: (region) => `https://sts.${region}.amazonaws.com`,
    signIn: () => 'https://signin.amazonaws-us-gov.com',
    console: 'console.amazonaws-us-gov.com',
    samlAudience: 'urn:amazon:webservices:govcloud',
    defaultRegion: 'us-gov-west-1',
  },
  'aws-eusc': {
    sts: (region) => `https://sts.${region}.amazonaws.eu`,
    signIn: (region) => `https://${region}.signin.amazonaws-eusc.eu`,
    console: 'console.amazonaws-eusc.eu',
    // Not confirmed: no public page names this partition's own (aws.md §4).
    samlAudience: 'urn:amazon:webservices',
    defaultRegion: 'eusc-de-east-1',
  },
}

export const defaultRegionOf = (partition: Partition): string => HOSTS[partition].defaultRegion
export const stsEndpointOf = (partition: Partition, region: string): string => HOSTS[partition].sts(region)
export const federationEndpointOf = (partition: Partition, region: string): string =>
  `${HOSTS[partition].signIn(region)}/federation`
/** Where a SAML assertion for this partition says it is delivered, which is also what `saml:aud` tests (aws.md §4). */
export const samlEndpointOf = (partition: Partition, region: string): string =>
  `${HOSTS[partition].signIn(region)}/saml`
/** The audience of a SAML assertion for this partition: security.md S-41. */
export const samlAudienceOf = (partition: Partition): string => HOSTS[partition].samlAudience
export const consoleHostOf = (partition: Partition): string => HOSTS[partition].console
/** The audience a token toward this partition's STS carries unless configured: one per partition (threats.md F5). */
export const audienceOf = (partition: Partition): string =>
  partition === 'aws-cn'
    ? 'sts.amazonaws.com.cn'
    : partition === 'aws-eusc'
      ? 'sts.amazonaws.eu'
      : partition === 'aws'
        ? 'sts.amazonaws.com'
        : 'sts.us-gov.amazonaws.com'
