/** An STS that answers AssumeRoleWithWebIdentity at once and verifies nothing: only its callers are measured. */
import { listenHere } from '../harness/listen-here.ts'

const YEARS_AHEAD = '2099-01-01T00:00:00Z'
const XML = Buffer.from(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>111122223333:rolegate/Developer:gyw3vkm5bkkvzcn3qk5wkhpt2e</SubjectFromWebIdentityToken>
    <Audience>sts.bench.example</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::111122223333:assumed-role/Developer/firstname.lastname7+abcdefghij234567</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:firstname.lastname7+abcdefghij234567</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>${'FwoGZXIvYXdzEBench+/'.repeat(40)}==</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>${YEARS_AHEAD}</Expiration>
      <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
    <Provider>arn:aws:iam::111122223333:oidc-provider/gateway.example.com</Provider>
    <SourceIdentity>firstname.lastname7+abcdefghij234567</SourceIdentity>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
`)

listenHere((req, res) => {
  req.resume().on('end', () => {
    res.writeHead(200, { 'content-type': 'text/xml', 'content-length': XML.length }).end(XML)
  })
})
