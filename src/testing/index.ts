export { storeContract, type StoreContractOptions } from './store-contract/store-contract.ts';
export type { Matchers, Runner } from './store-contract/contract.ts';
export type { Ground } from './store-contract/ground.ts';
