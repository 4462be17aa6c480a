/** What a run has changed before its shift: told with whatever ends it there. */
export interface Changes {
  /** Something that a run before had left was put away: a whole sentence. */
  cleared(sentence: string): void;
  /** Something was made, or run, for this shift: a whole sentence, or none where it is told elsewhere. */
  made(sentence?: string): void;
  /** A shift, or its way back, is being carried out: what is true is told by its own end. */
  carryingOut<Result>(work: () => Promise<Result>): Promise<Result>;
  readonly isCarryingOut: boolean;
  /** `Nothing was changed.`, or all of it in whole sentences. */
  words(): string;
}

export function createChanges(): Changes {
  const cleared: string[] = [];
  const made: (string | undefined)[] = [];
  let isCarryingOut = false;
  return {
    cleared: (sentence) => void cleared.push(sentence),
    made: (sentence) => void made.push(sentence),
    carryingOut: async (work) => {
      isCarryingOut = true;
      const result = await work();
      isCarryingOut = false;
      return result;
    },
    get isCarryingOut() {
      return isCarryingOut;
    },
    words: () => {
      const what = made.length === 0 ? 'Nothing' : 'No service and no weight';
      const beside = cleared.length === 0 ? '' : ' beside that';
      return [...cleared, ...made, `${what} was changed${beside}.`].filter(Boolean).join(' ');
    },
  };
}
