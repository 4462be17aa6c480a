/** Plays the acts of a scenario in a live lab and tells the views and the recorder what happens. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Act, type ActResult, complaints, type Players } from './act.ts';
import { runStep, type StepResult } from './action-runner.ts';
import { difference, type Recorder } from './recorder.ts';
import type { Stage } from './stage.ts';
import type { ActRecord } from './story.ts';
import type { View } from './views.ts';

export interface JourneyPorts {
  readonly view: View;
  readonly recorder: Recorder;
  /** Virtual time of the lab, epoch milliseconds. */
  readonly virtualNow: () => number;
  readonly cancelled: AbortSignal;
}

export interface JourneySetting {
  readonly stage: Stage;
  readonly listenerUrl: string;
  readonly registryHost: string;
  /** Folder with action folders, examples and dist. */
  readonly repositoryFolder: string;
  /** Everything the journey writes goes below this. */
  readonly workFolder: string;
  /** Environment of the job: credentials, endpoints, clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** A commit of the application: its sha. */
  readonly commit: (message: string) => string;
  readonly createFirstService: (taskDefinitionFile: string) => void;
}

/** A step that hangs is ended, in real time. */
const stepDeadlineMs = 120_000;

export async function playActs(
  acts: readonly Act[],
  setting: JourneySetting,
  ports: JourneyPorts,
): Promise<readonly ActRecord[]> {
  const memory = new Map<string, string>();
  const records: ActRecord[] = [];
  for (const [index, act] of acts.entries()) {
    if (ports.cancelled.aborted) break;
    ports.view.actStarted(index + 1, acts.length, act.title, act.plot);
    const before = {
      at: ports.virtualNow(),
      real: ports.recorder.realSeconds,
      load: ports.recorder.totals(),
    };
    const log: string[] = [];
    const result = await play(act, createPlayers(index, setting, ports, memory, log));
    const load = difference(ports.recorder.totals(), before.load);
    const wrong = complaints(act.expected, result, load);
    records.push({
      title: act.title,
      plot: act.plot,
      expected: act.expected.outcomes.join(' or '),
      outcome: result.outcome,
      asExpected: wrong.length === 0,
      complaint: wrong.join('; '),
      cause: result.cause,
      startedAt: before.at,
      endedAt: ports.virtualNow(),
      startedRealSeconds: before.real,
      endedRealSeconds: ports.recorder.realSeconds,
      load,
      log,
      explanation: result.explanation,
      summaryMarkdown: result.summaryMarkdown,
    });
    const named = result.cause === '' ? result.outcome : `${result.outcome} (${result.cause})`;
    ports.view.actEnded(
      act.title,
      wrong.length === 0 ? named : `${named}: ${wrong.join('; ')}`,
      wrong.length === 0,
    );
    // What comes later stands on this act: playing on would only pile up complaints.
    if (wrong.length > 0) break;
  }
  return records;
}

/** An act that cannot be played to its end is a result too: a step before the deciding one failed. */
async function play(act: Act, players: Players): Promise<ActResult> {
  try {
    return await act.play(players);
  } catch (error) {
    return {
      outcome: 'not played',
      cause: (error as Error).message,
      exitCode: 1,
      summaryMarkdown: '',
      explanation: '',
    };
  }
}

function createPlayers(
  actIndex: number,
  setting: JourneySetting,
  ports: JourneyPorts,
  memory: Map<string, string>,
  log: string[],
): Players {
  let stepCount = 0;
  const example = join(setting.repositoryFolder, 'examples', 'ips-data-acquisition-api');
  const runnerTemp = join(setting.workFolder, 'runner-temp');
  mkdirSync(runnerTemp, { recursive: true });
  const step = (action: string, inputs: Readonly<Record<string, string>>): Promise<StepResult> => {
    log.push(`> ${action}`);
    return runStep({
      actionFile: join(setting.repositoryFolder, 'actions', action, 'action.yml'),
      inputs,
      environment: {
        ...setting.environment,
        RUNNER_TEMP: runnerTemp,
        GITHUB_WORKSPACE: setting.repositoryFolder,
        GITHUB_ACTION: action,
        ...commitOf(memory),
      },
      folder: join(setting.workFolder, `act-${actIndex + 1}-step-${++stepCount}`),
      workingDirectory: setting.repositoryFolder,
      onLine: (line) => {
        log.push(line);
        ports.view.line(line);
      },
      cancelled: ports.cancelled,
      deadlineMs: stepDeadlineMs,
    });
  };
  const buildInputs: Players['buildInputs'] = (version, behaviour) => {
    // Each version is a commit of its own, as it would be in the repository of the application.
    if (memory.get('version') !== version) {
      memory.set('version', version);
      memory.set('commit', setting.commit(`Version ${version}`));
    }
    return imageInputs(version, behaviour);
  };
  const imageInputs: Players['buildInputs'] = (version, behaviour) => ({
    repository: 'ips-data-acquisition-api',
    registry: setting.registryHost,
    context: example,
    tags: version,
    'create-repository': 'true',
    'build-args': `BASE=${setting.registryHost}/lab/node:24\nVERSION=${version}\nBEHAVIOUR=${behaviour}`,
  });
  const renderInputs: Players['renderInputs'] = (image) => ({
    'task-definition': join(example, 'task-definition.json'),
    image,
    secrets: 'ConnectionStrings__Default=ips/db-connection\nJwtSettings__SecretKey=ips/jwt-secret',
  });
  return {
    stage: setting.stage,
    listenerUrl: setting.listenerUrl,
    step,
    buildInputs,
    renderInputs,
    release: async (version, behaviour) => {
      const built = await step('build-push-ecr', buildInputs(version, behaviour));
      const image = built.outputs['image'];
      if (built.exitCode !== 0 || image === undefined) throw new Error(`version ${version} was not built`);
      const rendered = await step('render-task-def', renderInputs(image));
      const taskDefinitionFile = rendered.outputs['task-definition'];
      if (rendered.exitCode !== 0 || taskDefinitionFile === undefined)
        throw new Error(`version ${version} was not rendered`);
      return { image, taskDefinitionFile };
    },
    createFirstService: setting.createFirstService,
    memory,
  };
}

/** The commit that the job of this act runs for. */
function commitOf(memory: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const sha = memory.get('commit');
  return sha === undefined ? {} : { GITHUB_SHA: sha };
}
