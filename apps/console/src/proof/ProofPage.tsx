import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useSession } from '../api/session.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { EquipmentField } from '../equipment/EquipmentField.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { Differences } from './Differences.tsx';
import { Levels } from './Levels.tsx';
import { Verdict } from './Verdict.tsx';
import { askedIn, verificationOf, type Asked } from './verification-run.ts';
import './proof.css';

const DAY_MS = 86_400_000;
/** Of one equipment, for whoever is no administrator. */
const MOST_DAYS = 7;

/** Calculates all totals of some days again from their readings, and says whether the stored ones are right. */
export default function ProofPage() {
  const { t } = usePreferences();
  const { may } = useSession();
  const [parameters, setParameters] = useSearchParams();
  const [initial] = useState(() => askedIn(parameters, Date.now()));
  const [checkedSoFar, setCheckedSoFar] = useState(0);
  const stop = useRef<AbortController>(null);
  const run = useMutation({
    mutationFn: ({ asked, isRepair }: { readonly asked: Asked; readonly isRepair: boolean }) => {
      const controller = new AbortController();
      stop.current = controller;
      setCheckedSoFar(0);
      const { signal } = controller;
      return verificationOf(asked, { isRepair, signal, onChecked: setCheckedSoFar });
    },
  });
  const { data: outcome, error, isPending, mutate } = run;
  const isStopped = error instanceof DOMException && error.name === 'AbortError';
  return (
    <>
      <PageHead title={t('proof.title')} />
      <p className="proof-intro">{t('proof.intro')}</p>
      <ProofForm
        initial={initial}
        isBusy={isPending}
        onAsk={(asked) => {
          setParameters({ ...asked }, { replace: true });
          mutate({ asked, isRepair: false });
        }}
      />
      {isPending && (
        <Notice title={t('proof.busy', { count: checkedSoFar })}>
          <p>{t('proof.busy.text')}</p>
          <button type="button" className="button" onClick={() => stop.current?.abort()}>
            {t('proof.stop')}
          </button>
        </Notice>
      )}
      {isStopped && <Notice>{t('proof.stopped')}</Notice>}
      {error && !isStopped && <Problem error={error} />}
      {outcome && (
        <Verdict
          outcome={outcome}
          onVerify={() => mutate({ asked: outcome.asked, isRepair: false })}
          onRepair={
            may('sensorflow/admin')
              ? () => mutate({ asked: outcome.asked, isRepair: true })
              : undefined
          }
        />
      )}
      <Levels outcome={outcome?.repaired === undefined ? outcome : undefined} />
      {outcome && outcome.repaired === undefined && outcome.differences.length > 0 && (
        <Differences differences={outcome.differences} />
      )}
    </>
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
  const [from, setFrom] = useState(initial.from);
  const [to, setTo] = useState(initial.to);
  const [equipmentId, setEquipmentId] = useState(initial.equipmentId);
  const isAdmin = may('sensorflow/admin');
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ from, to, equipmentId: equipmentId.trim() });
      }}
    >
      <div className="form-row proof-form">
        <TextField
          label={t('proof.from')}
          type="date"
          required
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <TextField
          label={t('proof.to')}
          type="date"
          required
          min={from}
          max={isAdmin ? undefined : lastDayOf(from)}
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
        <EquipmentField
          label={isAdmin ? t('proof.equipment.optional') : t('overview.column.equipment')}
          required={!isAdmin}
          value={equipmentId}
          onChange={setEquipmentId}
        />
        <button type="submit" className="button button-primary" disabled={isBusy}>
          {t('proof.verify')}
        </button>
      </div>
      <p className="field-hint">{isAdmin ? t('proof.hint') : t('proof.hint.one')}</p>
    </form>
  );
}

/** Of the most that those may ask for who may not everything. */
function lastDayOf(from: string): string | undefined {
  const epochMs = Date.parse(from);
  if (Number.isNaN(epochMs)) return undefined;
  return new Date(epochMs + (MOST_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
}
