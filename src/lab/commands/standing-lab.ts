/** `npm run lab`: a lab that stands until Ctrl-C, for any AWS client. */
import { readFileSync } from 'node:fs';
import { UserError } from '../user-error.ts';
import { taskStartWithin } from '../world/ecs/index.ts';
import { type FaultScript, parseFaultScript, randomFaults } from '../world/faults/index.ts';
import type { LabSettings } from './arguments.ts';
import { openRegion } from './region.ts';

export async function standingLab(
  settings: LabSettings,
  repositoryFolder: string,
  cancelled: AbortSignal,
): Promise<number> {
  const faults =
    settings.faultsFile === undefined ? undefined : readFaults(settings.faultsFile, settings.seed);
  const region = await openRegion(
    {
      seed: settings.seed,
      scale: settings.scale,
      port: settings.port,
      listenerPorts: { 80: settings.listenerPort },
      tasks: settings.tasks,
      ...(faults === undefined ? {} : { faults }),
      ...(settings.taskStart === undefined ? {} : { ecs: taskStartWithin(settings.taskStart) }),
      log: (line) => console.error(`lab: ${line}`),
    },
    repositoryFolder,
  );
  const { lab, stage, listenerUrl } = region;
  const environment = lab.environment(lab.world.sts.adminKey);
  const variables: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      Object.entries(environment).filter(([name]) => /^(AWS|ACTIONS_ID_TOKEN)_/.test(name)),
    ),
    LAB_LISTENER_URL: listenerUrl,
    LAB_LISTENER_ARN: stage.listenerArn,
    LAB_REGISTRY: lab.registryHost,
    LAB_DEPLOY_ACCESS_KEY_ID: stage.accessKeyId,
    LAB_DEPLOY_SECRET_ACCESS_KEY: stage.secretAccessKey,
    LAB_CLOCK: lab.clockVariable(),
  };
  console.log(
    `# The guide's region, its clock ${settings.scale} times as fast; tasks as ${lab.plane.taskMode === 'container' ? 'containers' : 'processes'}. Paste this into a shell:`,
  );
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
  console.log('# Then, for example: aws ecs describe-clusters --clusters ips-api-cluster');
  console.log('# Ctrl-C ends the lab and everything in it.');
  await new Promise<void>((resolve) => {
    if (cancelled.aborted) resolve();
    cancelled.addEventListener('abort', () => resolve());
  });
  await region.close();
  return 0;
}

/** How much of the passing trouble is drawn for `--faults random`, 0 to 1. */
const randomIntensity = 0.3;

function readFaults(file: string, seed: number): FaultScript {
  if (file === 'random') return randomFaults(seed, randomIntensity);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`--faults ${file}: ${(error as Error).message}.`);
  }
  const parsed = parseFaultScript(value);
  if (!parsed.ok) throw new UserError(`--faults ${file}: ${parsed.problems.join('; ')}.`);
  return parsed.script;
}
