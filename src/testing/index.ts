export { storeContract, type StoreContractOptions } from './store-contract/store-contract.ts';
export type { Matchers, Runner } from './store-contract/harness/contract.ts';
export type { Fixture } from './store-contract/harness/fixture.ts';
export { createFakeClock, type FakeClock } from './fake-clock.ts';
export { testJob, type TestedRun, type TestJobOptions } from './test-job.ts';
export { armFailpoint, disarmFailpoints } from '../std/failpoint.ts';
