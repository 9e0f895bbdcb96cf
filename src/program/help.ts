export const HELP = `rolegate: AWS roles for the people your directory knows

For people
  login [--device]          sign this terminal in
  logout [--all]            sign it out
  sessions [end ID]         your own sign-ins
  whoami [--short]          who the gateway says you are
  list                      the roles you may take
  exec ROLE -- CMD...       run a command with a role
  env ROLE                  print a role's credentials for a shell
  console ROLE [PAGE]       open the AWS console
  request ROLE              ask for a role that somebody else has to approve
  requests                  what you asked for, and what waits for your answer
  approve ID                show who asks, and open the page where you answer
  configure                 write a profile for each role into ~/.aws/config
  explain ROLE              why you may take a role, or why not
  doctor                    say what is wrong here, and what to do about it
  credential-process ROLE   for credential_process in ~/.aws/config
  container-token ROLE      a token for a container, good for one role
  completion SHELL          make bash, zsh, fish or PowerShell complete
  version                   the version of this program

For operators
  serve [--config FILE]     run the gateway
  check-config FILE         say everything that is wrong with a file
  aws trust-policy ROLE     the trust policy that a role needs
  schema                    the JSON Schema of rolegate.yaml
  audit export              the audit records, a line each
  admin deny AIM            close a role, an IdP or a person's way in at once
  health [--url URL]        ask a running gateway whether it is ready
  demo [--port N]           the whole journey on this machine, offline

rolegate COMMAND --help says more. What the number at the end means: rolegate help exit-codes
Which variables are read: rolegate help environment
`
