/**
 * The fields RegisterTaskDefinition knows, by shape, as in the API reference: what is not here passes with a
 * notice, what is one slip away from one of these is refused. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
import { isObject, type JsonObject, type JsonValue, pointer } from './json.ts';
import { nearestName } from './nearest-name.ts';
import type { TaskDefinitionProblem } from './problem.ts';

/** A field's value: plain (or a free map, whose keys are the user's), an object of a shape, or a list of them. */
type FieldKind = 'plain' | { readonly shape: Shape } | { readonly listOf: Shape };
type Shape = Readonly<Record<string, FieldKind>>;

function plain(...names: readonly string[]): Shape {
  return Object.fromEntries(names.map((name) => [name, 'plain' as const]));
}

const secret = plain('name', 'valueFrom');
const keyValue = plain('name', 'value');

const container: Shape = {
  ...plain('name', 'image', 'cpu', 'memory', 'memoryReservation', 'links', 'essential', 'entryPoint'),
  ...plain('command', 'startTimeout', 'stopTimeout', 'versionConsistency', 'hostname', 'user'),
  ...plain('workingDirectory', 'disableNetworking', 'privileged', 'readonlyRootFilesystem', 'dnsServers'),
  ...plain('dnsSearchDomains', 'dockerSecurityOptions', 'interactive', 'pseudoTerminal', 'dockerLabels'),
  ...plain('credentialSpecs'),
  repositoryCredentials: { shape: plain('credentialsParameter') },
  portMappings: {
    listOf: plain('containerPort', 'hostPort', 'protocol', 'name', 'appProtocol', 'containerPortRange'),
  },
  restartPolicy: { shape: plain('enabled', 'ignoredExitCodes', 'restartAttemptPeriod') },
  environment: { listOf: keyValue },
  environmentFiles: { listOf: plain('value', 'type') },
  mountPoints: { listOf: plain('sourceVolume', 'containerPath', 'readOnly') },
  volumesFrom: { listOf: plain('sourceContainer', 'readOnly') },
  linuxParameters: {
    shape: {
      ...plain('initProcessEnabled', 'sharedMemorySize', 'maxSwap', 'swappiness'),
      capabilities: { shape: plain('add', 'drop') },
      devices: { listOf: plain('hostPath', 'containerPath', 'permissions') },
      tmpfs: { listOf: plain('containerPath', 'size', 'mountOptions') },
    },
  },
  secrets: { listOf: secret },
  dependsOn: { listOf: plain('containerName', 'condition') },
  extraHosts: { listOf: plain('hostname', 'ipAddress') },
  ulimits: { listOf: plain('name', 'softLimit', 'hardLimit') },
  logConfiguration: { shape: { ...plain('logDriver', 'options'), secretOptions: { listOf: secret } } },
  healthCheck: { shape: plain('command', 'interval', 'timeout', 'retries', 'startPeriod') },
  systemControls: { listOf: plain('namespace', 'value') },
  resourceRequirements: { listOf: plain('value', 'type', 'sharingStrategy') },
  firelensConfiguration: { shape: plain('type', 'options') },
};

const volume: Shape = {
  ...plain('name', 'configuredAtLaunch'),
  host: { shape: plain('sourcePath') },
  dockerVolumeConfiguration: { shape: plain('scope', 'autoprovision', 'driver', 'driverOpts', 'labels') },
  efsVolumeConfiguration: {
    shape: {
      ...plain('fileSystemId', 'rootDirectory', 'transitEncryption', 'transitEncryptionPort'),
      authorizationConfig: { shape: plain('accessPointId', 'iam') },
    },
  },
  s3filesVolumeConfiguration: {
    shape: plain('fileSystemArn', 'rootDirectory', 'transitEncryptionPort', 'accessPointArn'),
  },
  fsxWindowsFileServerVolumeConfiguration: {
    shape: {
      ...plain('fileSystemId', 'rootDirectory'),
      authorizationConfig: { shape: plain('credentialsParameter', 'domain') },
    },
  },
};

const taskDefinition: Shape = {
  ...plain('family', 'taskRoleArn', 'executionRoleArn', 'networkMode', 'requiresCompatibilities', 'cpu'),
  ...plain('memory', 'pidMode', 'ipcMode', 'enableFaultInjection'),
  containerDefinitions: { listOf: container },
  volumes: { listOf: volume },
  placementConstraints: { listOf: plain('type', 'expression') },
  tags: { listOf: plain('key', 'value') },
  proxyConfiguration: { shape: { ...plain('type', 'containerName'), properties: { listOf: keyValue } } },
  inferenceAccelerators: { listOf: plain('deviceName', 'deviceType') },
  ephemeralStorage: { shape: plain('sizeInGiB') },
  runtimePlatform: { shape: plain('cpuArchitecture', 'operatingSystemFamily') },
};

export interface FieldCheck {
  readonly problems: readonly TaskDefinitionProblem[];
  /** Pointers of fields that are unknown here and no misspelling of a known one. */
  readonly unknown: readonly string[];
}

export function checkFields(definition: JsonObject): FieldCheck {
  const problems: TaskDefinitionProblem[] = [];
  const unknown: string[] = [];
  const visit = (object: JsonObject, shape: Shape, path: readonly (string | number)[]): void => {
    for (const [key, value] of Object.entries(object)) {
      const here = [...path, key];
      const kind = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (kind !== undefined) {
        descend(value, kind, here);
        continue;
      }
      const meant = nearestName(key, Object.keys(shape));
      if (meant === undefined) unknown.push(pointer(here));
      else {
        const message = `"${key}" is no field here: "${meant}" is meant.`;
        problems.push({ code: 'misspelt-field', pointer: pointer(here), message });
      }
    }
  };
  const descend = (value: JsonValue, kind: FieldKind, path: readonly (string | number)[]): void => {
    if (kind === 'plain') return;
    if ('shape' in kind) {
      if (isObject(value)) visit(value, kind.shape, path);
      return;
    }
    for (const [index, entry] of (Array.isArray(value) ? value : []).entries()) {
      if (isObject(entry)) visit(entry, kind.listOf, [...path, index]);
    }
  };
  visit(definition, taskDefinition, []);
  return { problems, unknown };
}
