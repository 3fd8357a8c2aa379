import { ApiProblem } from '../api/problem.ts';
import { NO_CHOICES, type Choices } from './choices.ts';
import type { Draft, Stage, Target, Wish } from './draft.ts';
import { readHead } from './file-head.ts';
import { KeptDrafts } from './kept-drafts.ts';
import { upload } from './upload.ts';

export type OpenImport = (wish: Wish) => Promise<Target>;

/** One upload cannot use a connection fully, many starve each other. */
const UPLOADS_AT_A_TIME = 2;
const TYPING_MS = 400;

/** The files of this tab. They stay when their page is left, and as long as the tab does. */
class Drafts {
  private drafts: readonly Draft[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly aborts = new Map<number, AbortController>();
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private readonly kept = new KeptDrafts();
  private owner: string | undefined;
  private lastId = 0;

  readonly list = (): readonly Draft[] => this.drafts;
  readonly listMissing = () => this.kept.list();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Files of one person are not shown to the next one in the same tab. */
  ownedBy(subject: string): void {
    if (this.owner !== undefined && this.owner !== subject) {
      for (const { id } of this.drafts) this.remove(id);
    }
    this.owner = subject;
  }

  /** Answers the id of the first. Files that were chosen before the page was loaded again get their choices back. */
  async add(files: readonly File[], choices?: Choices): Promise<number | undefined> {
    const ids: number[] = [];
    for (const file of files) {
      const head = await readHead(file);
      const before = this.kept.take(file);
      const known = choices ?? before?.choices ?? NO_CHOICES;
      const id = (this.lastId += 1);
      ids.push(id);
      const draft: Draft = { id, file, head, choices: known, settled: known, stage: CHOOSING };
      const resumed = before?.target && { target: before.target, wish: before.wish };
      this.replace([...this.drafts, { ...draft, ...resumed }]);
    }
    return ids[0];
  }

  choose(id: number, change: Partial<Choices>, isTyped = false): void {
    clearTimeout(this.timers.get(id));
    this.change(id, (draft) => ({ ...draft, choices: { ...draft.choices, ...change } }));
    const settle = () => this.change(id, (draft) => ({ ...draft, settled: draft.choices }));
    if (isTyped) this.timers.set(id, setTimeout(settle, TYPING_MS));
    else settle();
  }

  remove(id: number): void {
    this.aborts.get(id)?.abort();
    clearTimeout(this.timers.get(id));
    this.replace(this.drafts.filter((draft) => draft.id !== id));
  }

  forgetMissing(): void {
    this.kept.forget();
    this.replace([...this.drafts]);
  }

  /** @param wishes what is sent with each file */
  send(wishes: ReadonlyMap<number, Wish>, open: OpenImport): void {
    for (const [id, wish] of wishes) {
      this.change(id, (draft) => ({ ...draft, wish, stage: WAITING }));
    }
    this.sendNext(open);
  }

  /** The same file to the same place, or to a new one where that is no more. */
  retry(id: number, open: OpenImport): void {
    this.change(id, (draft) => ({ ...draft, stage: WAITING }));
    this.sendNext(open);
  }

  private sendNext(open: OpenImport): void {
    const busy = this.drafts.filter(({ stage }) => /^(opening|uploading)$/.test(stage.kind));
    const waiting = this.drafts.filter(({ stage }) => stage.kind === 'waiting');
    for (const draft of waiting.slice(0, Math.max(0, UPLOADS_AT_A_TIME - busy.length))) {
      void this.sendOne(draft, open).finally(() => this.sendNext(open));
    }
  }

  private async sendOne({ id, file, wish, target: known }: Draft, open: OpenImport) {
    if (!wish) return;
    const stage = (next: Stage) => this.change(id, (draft) => ({ ...draft, stage: next }));
    stage({ kind: 'opening' });
    const abort = new AbortController();
    this.aborts.set(id, abort);
    try {
      const target = known && isUsable(known) ? known : await open(wish);
      this.change(id, (draft) => ({ ...draft, target }));
      const startedAtEpochMs = Date.now();
      const progress = (sentBytes: number) =>
        stage({ kind: 'uploading', sentBytes, startedAtEpochMs });
      progress(0);
      await upload(file, target, progress, abort.signal);
      stage({ kind: 'uploaded' });
    } catch (error) {
      stage({ kind: 'refused', error });
      // A refusal of the storage will not change; the way to it may.
      if (error instanceof ApiProblem && !error.isTemporary) this.change(id, withoutTarget);
    }
  }

  private change(id: number, changed: (draft: Draft) => Draft): void {
    this.replace(this.drafts.map((draft) => (draft.id === id ? changed(draft) : draft)));
  }

  private replace(drafts: readonly Draft[]): void {
    this.drafts = drafts;
    const unsent = drafts.filter(({ stage }) => stage.kind !== 'uploaded');
    this.kept.keep(unsent);
    if (unsent.length > 0) window.addEventListener('beforeunload', warn);
    else window.removeEventListener('beforeunload', warn);
    for (const listener of this.listeners) listener();
  }
}

const CHOOSING: Stage = { kind: 'choosing' };
const WAITING: Stage = { kind: 'waiting' };
/** Less than the upload's head needs to be on its way. */
const MARGIN_MS = 5000;

function isUsable({ expiresAt }: Target): boolean {
  return Date.parse(expiresAt) > Date.now() + MARGIN_MS;
}

function withoutTarget({ target: _target, ...draft }: Draft): Draft {
  return draft;
}

/** The browser asks whether to leave, in words of its own. */
function warn(event: Event): void {
  event.preventDefault();
}

export const drafts = new Drafts();
