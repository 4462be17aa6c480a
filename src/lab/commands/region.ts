/** The guide's region, live: the stage set, the EC2 host in its target group, the base image in the registry. */
import { join } from 'node:path';
import { pushBaseImage } from '../dataplane/registry/base-image.ts';
import { type Ec2Host, startEc2Host } from '../journey/ec2-host.ts';
import { createFirstService, names, type Seeder, type Stage, setStage } from '../journey/stage.ts';
import { type LiveLab, type LiveLabOptions, startLiveLab } from '../live-lab.ts';
import type { ServiceId } from '../world/service.ts';

export interface Region {
  readonly lab: LiveLab;
  readonly stage: Stage;
  readonly listenerUrl: string;
  /** The EC2 host itself, past the load balancer. */
  readonly hostUrl: string;
  createFirstService(definition: unknown): void;
  close(): Promise<void>;
}

export async function openRegion(options: LiveLabOptions, repositoryFolder: string): Promise<Region> {
  const dockerSocket = /^unix:\/\/(.+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1];
  const lab = await startLiveLab({ ...options, ...(dockerSocket === undefined ? {} : { dockerSocket }) });
  let ec2: Ec2Host | undefined;
  const close = async (): Promise<void> => {
    await lab.close();
    await ec2?.stop();
  };
  try {
    const seed: Seeder = (service, operation, input) => {
      lab.clock.poke();
      return lab.world.must(service as ServiceId, operation, input);
    };
    ec2 = await startEc2Host(join(repositoryFolder, 'examples', 'ips-data-acquisition-api'));
    lab.plane.registerInstance(names.instanceId, ec2.host, ec2.port);
    const { accountId, region } = lab.world.kernel.config;
    const stage = setStage(seed, accountId, region);
    await lab.plane.settled();
    seed('ecr', 'CreateRepository', { repositoryName: 'lab/node' });
    await pushBaseImage(
      { store: lab.world.ecr, blobs: lab.plane.blobs, principal: lab.world.root },
      lab.plane.taskMode,
    );
    return {
      lab,
      stage,
      listenerUrl: lab.listenerUrl(stage.listenerArn),
      hostUrl: `http://${ec2.host}:${ec2.port}`,
      createFirstService: (definition) => createFirstService(seed, stage, definition),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
