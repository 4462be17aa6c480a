export { EcrService, type RegistryBackend } from './ecr-service.ts';
export type { ScanFindings } from './scanning.ts';
