/** A runner that dies at any call, before or after its effect: the next run finds the truth in ECS and finishes. */
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  definitionOf,
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  request,
  revisionsOf,
  runningImages,
} from './region.ts';

class Killed extends Error {}

/** Dies at the call of that number, counted from 1. */
function dyingAt(aws: AwsCaller, at: number, afterEffect: boolean): AwsCaller & { calls: number } {
  const dying = {
    calls: 0,
    async call(...args: Parameters<AwsCaller['call']>): Promise<never> {
      const dies = ++dying.calls === at;
      if (dies && !afterEffect) throw new Killed();
      const answer = await aws.call(...args);
      if (dies) throw new Killed();
      return answer as never;
    },
  };
  return dying as unknown as AwsCaller & { calls: number };
}

/** True where the run died; false where it ended before that call. */
async function runAndDie(region: Region, at: number, afterEffect: boolean): Promise<boolean> {
  region.files.set('task-definition.json', JSON.stringify(definitionOf('next')));
  const ports = portsOf(region);
  const aws = dyingAt(ports.aws, at, afterEffect);
  const work = runRollingDeploy(request(), { ...ports, aws, ...filesOf(region) });
  return region.time.run(
    work.then(
      () => false,
      (error: unknown) => {
        if (error instanceof Killed) return true;
        throw error;
      },
    ),
  );
}

describe.each([
  ['good', {}, ['succeeded', 'no-change'], { next: 3 }],
  ['crashing', badApps.crashAtStart, ['rolled-back'], { 'good-1': 3 }],
] as const)('a %s revision', (_name, app, outcomes, running) => {
  test.each([false, true])('killed at each call (after its effect: %s)', async (afterEffect) => {
    for (let at = 1; ; at++) {
      const region = await makeRegion({ apps: { next: app } });
      if (!(await runAndDie(region, at, afterEffect))) {
        expect(at).toBeGreaterThan(20);
        break;
      }
      const { outputs } = await deploy(region, 'next');
      const end = {
        at,
        outcome: outputs['outcome'],
        running: runningImages(region),
        revisions: revisionsOf(region),
      };
      expect(outcomes).toContain(end.outcome);
      expect(end).toEqual({ at, outcome: end.outcome, running, revisions: 2 });
    }
  });
});
