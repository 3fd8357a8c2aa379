import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { DataTable, type Column } from '../design/DataTable.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import './proof.css';

type Difference = components['schemas']['Difference'];

type Page = components['schemas']['Verification'] & { readonly repaired?: number };

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly equipmentId: string;
}

interface Outcome {
  readonly checked: number;
  readonly openHours: number;
  readonly repaired: number | undefined;
  readonly differences: readonly Difference[];
}

const LEVELS = ['slot', 'equipment-hour', 'shard-hour', 'fleet-hour'] as const;
const DAY_MS = 86_400_000;
/** More than anybody reads; repairing takes care of all. */
const MOST_SHOWN = 200;

/** Adds the readings up again before the reader's eyes, and says whether every stored sum is right. */
export default function ProofPage() {
  const { t } = usePreferences();
  const { may } = useSession();
  const [parameters, setParameters] = useSearchParams();
  const [asked, setAsked] = useState<Asked>();
  const [checkedSoFar, setCheckedSoFar] = useState(0);
  const run = useMutation({
    mutationFn: ({ isRepair, ...range }: Asked & { readonly isRepair: boolean }) =>
      outcomeOf(range, isRepair, setCheckedSoFar),
  });
  const start = (range: Asked, isRepair: boolean) => {
    setCheckedSoFar(0);
    setAsked(range);
    run.mutate({ ...range, isRepair });
  };
  return (
    <>
      <PageHead title={t('proof.title')} />
      <p className="proof-intro">{t('proof.intro')}</p>
      <Levels outcome={run.data} />
      <ProofForm
        initial={initialOf(parameters)}
        isBusy={run.isPending}
        onAsk={(range) => {
          setParameters({ ...range }, { replace: true });
          start(range, false);
        }}
      />
      {run.isPending && <Notice>{t('proof.busy', { count: checkedSoFar })}</Notice>}
      {run.error && <Problem error={run.error} />}
      {run.data && !run.isPending && (
        <Verdict
          outcome={run.data}
          onRepair={may('sensorflow/admin') && asked ? () => start(asked, true) : undefined}
        />
      )}
    </>
  );
}

function initialOf(parameters: URLSearchParams): Asked {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const day = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 10);
  return {
    from: parameters.get('from') ?? day(today - DAY_MS),
    to: parameters.get('to') ?? day(today + DAY_MS),
    equipmentId: parameters.get('equipmentId') ?? '',
  };
}

async function outcomeOf(
  { from, to, equipmentId }: Asked,
  isRepair: boolean,
  onChecked: (checked: number) => void,
): Promise<Outcome> {
  const range = {
    from: `${from}T00:00:00Z`,
    to: `${to}T00:00:00Z`,
    ...(equipmentId !== '' && { equipmentId }),
  };
  let [checked, openHours, repaired] = [0, 0, 0];
  const differences: Difference[] = [];
  for (let cursor: string | undefined; ;) {
    const params = { query: { ...range, ...(cursor !== undefined && { cursor }) } };
    const page: Page = isRepair
      ? await body(api.POST('/sensor-data/aggregated/repair', { params }))
      : await body(api.GET('/sensor-data/aggregated/verify', { params }));
    checked += page.checked;
    openHours += page.openHours;
    repaired += page.repaired ?? 0;
    differences.push(...page.differences);
    onChecked(checked);
    if (page.nextCursor === null) {
      return { checked, openHours, differences, repaired: isRepair ? repaired : undefined };
    }
    cursor = page.nextCursor;
  }
}

/** From single readings to the sum of the fleet, as a chain in which each link is added up from the one before. */
function Levels({ outcome }: { readonly outcome: Outcome | undefined }) {
  const { t } = usePreferences();
  return (
    <ol className="proof-levels">
      <li>
        <strong>{t('proof.level.reading')}</strong>
        <span className="quiet small">{t('proof.level.reading.text')}</span>
      </li>
      {LEVELS.map((level) => {
        const wrong = outcome?.differences.filter((each) => each.level === level).length ?? 0;
        return (
          <li key={level}>
            <strong>{t(`proof.level.${level}`)}</strong>
            <span className="quiet small">{t(`proof.level.${level}.text`)}</span>
            {outcome && (
              <span className={wrong > 0 ? 'state state-silent' : 'state state-on-time'}>
                {wrong > 0 ? t('proof.level.wrong', { count: wrong }) : t('proof.level.right')}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

interface ProofFormProps {
  readonly initial: Asked;
  readonly isBusy: boolean;
  readonly onAsk: (asked: Asked) => void;
}

function ProofForm({ initial, isBusy, onAsk }: ProofFormProps) {
  const { t } = usePreferences();
  const { may } = useSession();
  const [asked, setAsked] = useState(initial);
  const isAdmin = may('sensorflow/admin');
  return (
    <form
      className="form-row"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(asked);
      }}
    >
      <TextField
        label={t('proof.from')}
        type="date"
        required
        value={asked.from}
        onChange={({ target }) => setAsked({ ...asked, from: target.value })}
      />
      <TextField
        label={t('proof.to')}
        type="date"
        required
        value={asked.to}
        onChange={({ target }) => setAsked({ ...asked, to: target.value })}
      />
      <TextField
        label={isAdmin ? t('proof.equipment.optional') : t('overview.column.equipment')}
        autoCapitalize="none"
        required={!isAdmin}
        value={asked.equipmentId}
        onChange={({ target }) => setAsked({ ...asked, equipmentId: target.value })}
      />
      <button type="submit" className="button button-primary" disabled={isBusy}>
        {t('proof.verify')}
      </button>
    </form>
  );
}

interface VerdictProps {
  readonly outcome: Outcome;
  readonly onRepair: (() => void) | undefined;
}

function Verdict({ outcome, onRepair }: VerdictProps) {
  const { t } = usePreferences();
  const columns = useColumns();
  const { checked, differences, openHours, repaired } = outcome;
  const open = openHours > 0 && <p>{t('proof.open', { count: openHours })}</p>;
  if (repaired !== undefined) {
    return (
      <Notice title={t('proof.repaired', { count: repaired })}>
        <p>{t('proof.repaired.text')}</p>
      </Notice>
    );
  }
  if (differences.length === 0) {
    return (
      <Notice title={t('proof.right', { count: checked })}>
        <p>{checked === 0 ? t('proof.nothing') : t('proof.right.text')}</p>
        {open}
      </Notice>
    );
  }
  return (
    <>
      <Notice tone="bad" title={t('proof.wrong', { count: differences.length })}>
        <p>{t('proof.wrong.text')}</p>
        {open}
        {onRepair && (
          <button type="button" className="button" onClick={onRepair}>
            {t('proof.repair')}
          </button>
        )}
      </Notice>
      <DataTable
        caption={t('proof.differences')}
        columns={columns}
        rows={differences.slice(0, MOST_SHOWN)}
        keyOf={(each) =>
          [
            each.level,
            each.equipmentId,
            each.shard,
            each.metric,
            each.intervalStart,
            each.field,
          ].join(' ')
        }
      />
    </>
  );
}

function useColumns(): readonly Column<Difference>[] {
  const { t, formats } = usePreferences();
  return [
    {
      id: 'level',
      title: t('proof.column.level'),
      isHeading: true,
      show: ({ level }) => t(`proof.level.${level}`),
    },
    {
      id: 'equipment',
      title: t('overview.column.equipment'),
      show: ({ equipmentId }) => equipmentId ?? t('app.all'),
    },
    { id: 'metric', title: t('equipment.column.metric'), show: ({ metric }) => metric },
    {
      id: 'hour',
      title: t('equipment.column.hour'),
      kind: 'fit',
      show: ({ intervalStart }) => formats.instant(intervalStart * 1000),
    },
    { id: 'field', title: t('proof.column.field'), show: ({ field }) => field },
    {
      id: 'stored',
      title: t('proof.column.stored'),
      kind: 'number',
      show: ({ stored }) => stored ?? '–',
    },
    {
      id: 'recomputed',
      title: t('proof.column.recomputed'),
      kind: 'number',
      show: ({ recomputed }) => recomputed ?? '–',
    },
  ];
}
