/**
 * The fields RegisterTaskDefinition knows, by shape and type, as in the API reference. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */

/** A plain value; `map` is a free one, whose keys are the user's and whose values are texts. */
export type PlainKind = 'text' | 'number' | 'flag' | 'texts' | 'numbers' | 'map';
export type FieldKind = PlainKind | { readonly shape: Shape } | { readonly listOf: Shape };
export type Shape = Readonly<Record<string, FieldKind>>;

function all(kind: PlainKind, ...names: readonly string[]): Shape {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

const secret = all('text', 'name', 'valueFrom');
const keyValue = all('text', 'name', 'value');

const container: Shape = {
  ...all('text', 'name', 'image', 'versionConsistency', 'hostname', 'user', 'workingDirectory'),
  ...all('number', 'cpu', 'memory', 'memoryReservation', 'startTimeout', 'stopTimeout'),
  ...all('flag', 'essential', 'disableNetworking', 'privileged', 'readonlyRootFilesystem'),
  ...all('flag', 'interactive', 'pseudoTerminal'),
  ...all('texts', 'links', 'entryPoint', 'command', 'dnsServers', 'dnsSearchDomains'),
  ...all('texts', 'dockerSecurityOptions', 'credentialSpecs'),
  dockerLabels: 'map',
  repositoryCredentials: { shape: all('text', 'credentialsParameter') },
  portMappings: {
    listOf: {
      ...all('number', 'containerPort', 'hostPort'),
      ...all('text', 'protocol', 'name', 'appProtocol', 'containerPortRange'),
    },
  },
  restartPolicy: {
    shape: { enabled: 'flag', ignoredExitCodes: 'numbers', restartAttemptPeriod: 'number' },
  },
  environment: { listOf: keyValue },
  environmentFiles: { listOf: all('text', 'value', 'type') },
  mountPoints: { listOf: { ...all('text', 'sourceVolume', 'containerPath'), readOnly: 'flag' } },
  volumesFrom: { listOf: { sourceContainer: 'text', readOnly: 'flag' } },
  linuxParameters: {
    shape: {
      initProcessEnabled: 'flag',
      ...all('number', 'sharedMemorySize', 'maxSwap', 'swappiness'),
      capabilities: { shape: all('texts', 'add', 'drop') },
      devices: { listOf: { ...all('text', 'hostPath', 'containerPath'), permissions: 'texts' } },
      tmpfs: { listOf: { containerPath: 'text', size: 'number', mountOptions: 'texts' } },
    },
  },
  secrets: { listOf: secret },
  dependsOn: { listOf: all('text', 'containerName', 'condition') },
  extraHosts: { listOf: all('text', 'hostname', 'ipAddress') },
  ulimits: { listOf: { name: 'text', ...all('number', 'softLimit', 'hardLimit') } },
  logConfiguration: { shape: { logDriver: 'text', options: 'map', secretOptions: { listOf: secret } } },
  healthCheck: {
    shape: { command: 'texts', ...all('number', 'interval', 'timeout', 'retries', 'startPeriod') },
  },
  systemControls: { listOf: all('text', 'namespace', 'value') },
  resourceRequirements: { listOf: all('text', 'value', 'type', 'sharingStrategy') },
  firelensConfiguration: { shape: { type: 'text', options: 'map' } },
};

const volume: Shape = {
  name: 'text',
  configuredAtLaunch: 'flag',
  host: { shape: all('text', 'sourcePath') },
  dockerVolumeConfiguration: {
    shape: {
      ...all('text', 'scope', 'driver'),
      autoprovision: 'flag',
      ...all('map', 'driverOpts', 'labels'),
    },
  },
  efsVolumeConfiguration: {
    shape: {
      ...all('text', 'fileSystemId', 'rootDirectory', 'transitEncryption'),
      transitEncryptionPort: 'number',
      authorizationConfig: { shape: all('text', 'accessPointId', 'iam') },
    },
  },
  s3filesVolumeConfiguration: {
    shape: {
      ...all('text', 'fileSystemArn', 'rootDirectory', 'accessPointArn'),
      transitEncryptionPort: 'number',
    },
  },
  fsxWindowsFileServerVolumeConfiguration: {
    shape: {
      ...all('text', 'fileSystemId', 'rootDirectory'),
      authorizationConfig: { shape: all('text', 'credentialsParameter', 'domain') },
    },
  },
};

export const taskDefinitionShape: Shape = {
  ...all('text', 'family', 'taskRoleArn', 'executionRoleArn', 'networkMode', 'cpu', 'memory'),
  ...all('text', 'pidMode', 'ipcMode'),
  requiresCompatibilities: 'texts',
  enableFaultInjection: 'flag',
  containerDefinitions: { listOf: container },
  volumes: { listOf: volume },
  placementConstraints: { listOf: all('text', 'type', 'expression') },
  tags: { listOf: all('text', 'key', 'value') },
  proxyConfiguration: {
    shape: { ...all('text', 'type', 'containerName'), properties: { listOf: keyValue } },
  },
  inferenceAccelerators: { listOf: all('text', 'deviceName', 'deviceType') },
  ephemeralStorage: { shape: all('number', 'sizeInGiB') },
  runtimePlatform: { shape: all('text', 'cpuArchitecture', 'operatingSystemFamily') },
};
