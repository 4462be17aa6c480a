/** build-push-ecr against the lab's ECR and its registry, in one process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsCallError, classifyAwsError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { buildPush } from '../../../src/image/build-push.ts';
import { parseBuildPush } from '../../../src/inputs/build-push-ecr.ts';
import { BlobStore } from '../../../src/lab/dataplane/registry/blob-store.ts';
import { writeImage } from '../../../src/lab/dataplane/registry/image-writer.ts';
import { RegistryServer } from '../../../src/lab/dataplane/registry/registry-server.ts';
import type { Principal, ServiceId } from '../../../src/lab/world/service.ts';
import { World } from '../../../src/lab/world/world.ts';
import type { Policy } from '../../support/policies.ts';
import { createPorts, type PortsDouble } from '../../unit/image/ports-double.ts';

const root: Principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' };

export interface EcrLab {
  readonly folder: string;
  readonly world: World;
  readonly host: string;
  /** Operations in the order they were asked for. */
  readonly calls: string[];
  readonly aws: AwsCaller;
  readonly ports: PortsDouble;
  /** An image with real content, whoever may push. @returns its digest */
  seed(repository: string, tag: string): Promise<string>;
  run(
    inputs: Readonly<Record<string, string>>,
    environment?: Readonly<Record<string, string>>,
    ports?: PortsDouble,
  ): Promise<ActionResult>;
  close(): Promise<void>;
}

export interface EcrLabOptions {
  /** The rights of the caller, and of the login it gets; left out, all of them. */
  readonly policy?: Policy;
  /** What other regions are. */
  readonly elsewhere?: EcrLab;
}

export async function startEcrLab({ policy, elsewhere }: EcrLabOptions = {}): Promise<EcrLab> {
  const folder = mkdtempSync(join(tmpdir(), 'ips-build-push-'));
  const world = new World();
  const blobs = new BlobStore(join(folder, 'registry'));
  const registry = new RegistryServer({ store: world.ecr, blobs });
  const endpoint = await registry.start();
  const host = `${endpoint.host}:${endpoint.port}`;
  world.ecr.setRegistryHosts([host]);
  const caller: Principal =
    policy === undefined
      ? root
      : {
          kind: 'user',
          arn: world.iam.addUser({ name: 'builder', policies: { build: policy } }).arn,
          name: 'builder',
        };
  const calls: string[] = [];
  const aws: AwsCaller = {
    call: async (name, input) => {
      calls.push(name);
      const [service, operation] = name.split(':') as [ServiceId, string];
      const result = world.call({ service, operation, input, principal: caller });
      // biome-ignore lint/suspicious/noExplicitAny: the world's answers have the shapes of the SDK
      if (result.kind === 'answer') return structuredClone(result.output) as any;
      if (result.kind === 'reset') throw new Error('no faults here');
      const { code, message, status } = result.error;
      throw new AwsCallError(name, code, message, classifyAwsError(code, status));
    },
  };
  const ports = createPorts(aws, folder);
  return {
    folder,
    world,
    host,
    calls,
    aws,
    ports,
    seed: (repository, tag) =>
      writeImage(
        { store: world.ecr, blobs, principal: root },
        { repository, tag, layers: [[{ path: 'base', content: tag }]], settings: {} },
      ),
    async run(inputs, environment = {}, chosen = ports) {
      const parsed = parseBuildPush({ repository: 'ips', ...inputs });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return buildPush(parsed.request, {
        ...chosen,
        awsIn: () => elsewhere?.aws ?? aws,
        environment: { ...process.env, ...environment },
        dockerFolder: environment['DOCKER_CONFIG'] ?? join(folder, 'docker'),
      });
    },
    async close() {
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
