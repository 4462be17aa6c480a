export { EcrService, type RegistryBackend } from './ecr-service.ts';
export { registryView } from './registry-view.ts';
export type { ScanFindings } from './scanning.ts';
