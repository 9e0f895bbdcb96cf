import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // By default a core is left idle, which on two is half of them.
    maxWorkers: '100%',
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // What is waited for comes in its own time: a busy machine is no fault, and the second that it has by default is one there.
    expect: { poll: { timeout: 10_000 } },
    env: { AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
})
