/** Finds the revision to go back to among the candidates; what is passed over is remembered with its reason. */
import type { Refusal } from '../rollout/plan.ts';
import { type Candidate, inOrder } from './candidates.ts';
import { nameOf } from './history.ts';
import { matchTarget } from './match.ts';
import { isRevision, type Known } from './read.ts';
import { type RefusalCode, refusal } from './refusal.ts';
import type { RollbackTarget } from './request.ts';
import { describeUsability, type Usability, type UsabilityChecks } from './usable.ts';

export interface Choice {
  readonly chosen: Candidate | undefined;
  /** Why nothing was chosen. */
  readonly refusal: Refusal | undefined;
  /** Of those that were looked into. */
  readonly usability: ReadonlyMap<string, Usability>;
  /** What the plan has to say about the choice. */
  readonly notes: readonly string[];
}

const listFirst = 'Run with mode: list to see the revisions, and name one by family:revision.';

export interface ChoiceOrder {
  readonly to: RollbackTarget;
  readonly service: string;
  readonly known: Known;
  /** The revision that is to be left. */
  readonly badArn: string;
}

export async function chooseTarget(
  order: ChoiceOrder,
  checks: UsabilityChecks,
  signal?: AbortSignal,
): Promise<Choice> {
  const { to, known } = order;
  switch (to.kind) {
    case 'auto':
    case 'weights':
    case 'previous-good':
      return choosePreviousGood(order, checks, signal);
    case 'revision': {
      const found = known.candidates.find((each) => isRevision(each.taskDefinitionArn, to.name));
      if (found !== undefined) return chooseNamed(found, undefined, checks, signal);
      const reason = `${to.name} cannot be deployed: its task definition does not exist (any more).`;
      return refused('revision-unusable', reason);
    }
    case 'digest':
    case 'named': {
      const match = matchTarget(to, known.candidates);
      if (match.kind === 'one') return chooseNamed(match.candidate, match.by, checks, signal);
      return refused(match.kind === 'none' ? 'no-match' : 'ambiguous-target', `${match.why}.`);
    }
  }
}

/** Looks into every candidate, for the list. */
export async function checkAll(
  candidates: readonly Candidate[],
  checks: UsabilityChecks,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Usability>> {
  const usability = new Map<string, Usability>();
  for (const each of candidates) usability.set(each.taskDefinitionArn, await checks.of(each, signal));
  return usability;
}

async function choosePreviousGood(
  { known, badArn, service }: ChoiceOrder,
  checks: UsabilityChecks,
  signal: AbortSignal | undefined,
): Promise<Choice> {
  const usability = new Map<string, Usability>();
  const eligible = inOrder(known.candidates).filter((each) => each.taskDefinitionArn !== badArn);
  for (const candidate of eligible) {
    const found = await checks.of(candidate, signal);
    usability.set(candidate.taskDefinitionArn, found);
    if (found.usable) {
      const notes = [...basisNotes(candidate, known, service), ...uncheckedNotes(candidate, found)];
      return { chosen: candidate, refusal: undefined, usability, notes };
    }
  }
  const passedOver = known.candidates
    .filter((each) => !each.current && each.taskDefinitionArn !== badArn)
    .map((each) => {
      const looked = usability.get(each.taskDefinitionArn);
      return `${nameOf(each.taskDefinitionArn)}: ${looked === undefined ? each.why : describeUsability(looked)}`;
    });
  const why = passedOver.length === 0 ? '' : ` (${shortened(passedOver).join('; ')})`;
  const reason = `No revision of ${service} that was good before ${nameOf(badArn)} can be gone back to${why}.`;
  return { ...refused('no-previous-revision', reason), usability };
}

/** It was named, so it is taken even where it is marked bad; what cannot run is not. */
async function chooseNamed(
  candidate: Candidate,
  by: string | undefined,
  checks: UsabilityChecks,
  signal: AbortSignal | undefined,
): Promise<Choice> {
  const found = await checks.of(candidate, signal);
  const usability = new Map([[candidate.taskDefinitionArn, found]]);
  const name = nameOf(candidate.taskDefinitionArn);
  if (!found.usable && !candidate.current) {
    const reason = `${name} cannot be deployed: ${found.reasons.join('; ')}.`;
    return { ...refused('revision-unusable', reason), usability };
  }
  const notes = [
    ...(by === undefined ? [] : [`${name} is meant by its ${by}.`]),
    ...(candidate.verdict === 'bad' ? [`${name} is taken because it was named: ${candidate.why}.`] : []),
    ...uncheckedNotes(candidate, found),
  ];
  return { chosen: candidate, refusal: undefined, usability, notes };
}

/** On what ground a revision counts as good, where it is the weaker one. */
function basisNotes(candidate: Candidate, { candidates }: Known, service: string): readonly string[] {
  if (candidate.basis !== 'history') return [];
  const marked = candidates.some((each) => each.basis === 'promoted' && !each.current);
  return [
    `${marked ? `What our deploys marked as promoted for ${service} cannot be used` : `No earlier revision of ${service} is marked as promoted by our deploys`}: ECS's own history of SUCCESSFUL deployments decides, and to ECS a green that was rejected by its metrics is SUCCESSFUL, too.`,
  ];
}

function uncheckedNotes(candidate: Candidate, { unchecked }: Usability): readonly string[] {
  if (unchecked.length === 0) return [];
  return [`Not checked for ${nameOf(candidate.taskDefinitionArn)}: ${unchecked.join(', ')}.`];
}

function refused(code: RefusalCode, reason: string): Choice & { readonly refusal: Refusal } {
  return {
    chosen: undefined,
    refusal: refusal(code, reason, listFirst),
    usability: new Map(),
    notes: [],
  };
}

function shortened(texts: readonly string[]): readonly string[] {
  const most = 6;
  return texts.length <= most ? texts : [...texts.slice(0, most), `and ${texts.length - most} more`];
}
