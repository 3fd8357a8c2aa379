import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { DataTable } from '../design/DataTable.tsx';
import { SelectField, TextField } from '../design/Field.tsx';
import { InfoDialog } from '../design/InfoDialog.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { Reading } from './use-equipment.ts';

interface ReadingDialogProps {
  readonly reading: Reading;
  readonly onClose: () => void;
}

/** Every value that an instant ever had; whoever may, corrects or removes it. */
export function ReadingDialog({ reading, onClose }: ReadingDialogProps) {
  const { formats } = usePreferences();
  const { may } = useSession();
  return (
    <InfoDialog title={formats.instant(Date.parse(reading.timestamp))} onClose={onClose}>
      <History reading={reading} />
      {may('sensorflow/write') && <Correction reading={reading} />}
      {may('sensorflow/admin') && <Removal reading={reading} onDone={onClose} />}
    </InfoDialog>
  );
}

function History({ reading: { equipmentId, timestamp } }: Pick<ReadingDialogProps, 'reading'>) {
  const { t, formats } = usePreferences();
  const { data, error } = useQuery({
    queryKey: ['history', equipmentId, timestamp],
    queryFn: ({ signal }) => {
      const params = { path: { equipmentId, timestamp } };
      return body(api.GET('/sensor-data/{equipmentId}/{timestamp}/history', { params, signal }));
    },
  });
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">{t('app.loading')}</p>;
  return (
    <DataTable
      caption={t('history.title')}
      columns={[
        {
          id: 'metric',
          title: t('equipment.column.metric'),
          isHeading: true,
          show: (row) => row.metric,
        },
        {
          id: 'value',
          title: t('history.value'),
          kind: 'number',
          show: ({ value, removed }) =>
            removed
              ? t('history.removed', { value: formats.exactNumber(value) })
              : formats.exactNumber(value),
        },
        {
          id: 'at',
          title: t('history.at'),
          kind: 'fit',
          show: ({ acceptedAt }) => formats.instant(Date.parse(acceptedAt)),
        },
        {
          id: 'by',
          title: t('history.by'),
          show: ({ by, uploadId }) => (uploadId ? t('history.import') : (by ?? '–')),
        },
      ]}
      rows={data.items}
      keyOf={({ metric, acceptedAt }) => `${metric} ${acceptedAt}`}
    />
  );
}

/** What changed is asked for again: the chart, the table, the history. */
function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] !== 'auth' && queryKey[0] !== 'metrics',
    });
}

function Correction({ reading }: Pick<ReadingDialogProps, 'reading'>) {
  const { t } = usePreferences();
  const metrics = Object.keys(reading.values).toSorted();
  const [metric, setMetric] = useState(metrics[0] ?? 'value');
  const [text, setText] = useState('');
  const refresh = useRefresh();
  const value = Number(text.replace(',', '.'));
  const isNumber = text.trim() !== '' && Number.isFinite(value);
  const correct = useMutation({
    mutationFn: () => {
      const { equipmentId, timestamp } = reading;
      return body(
        api.POST('/sensor-data', { body: { equipmentId, timestamp, values: { [metric]: value } } }),
      );
    },
    onSuccess: refresh,
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNumber) correct.mutate();
      }}
    >
      <h3>{t('correct.title')}</h3>
      {correct.error && <Problem error={correct.error} />}
      {correct.isSuccess && <Notice>{t('correct.done')}</Notice>}
      <div className="form-row">
        <SelectField
          label={t('equipment.column.metric')}
          value={metric}
          onChange={({ target }) => setMetric(target.value)}
        >
          {metrics.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </SelectField>
        <TextField
          label={t('correct.value')}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" className="button" disabled={!isNumber || correct.isPending}>
          {t('correct.action')}
        </button>
      </div>
    </form>
  );
}

interface RemovalProps {
  readonly reading: Reading;
  readonly onDone: () => void;
}

/** Asks twice, because the second click says that the first was meant. */
function Removal({ reading: { equipmentId, timestamp, values }, onDone }: RemovalProps) {
  const { t } = usePreferences();
  const metrics = Object.keys(values).toSorted();
  const [metric, setMetric] = useState('');
  const [isSure, setIsSure] = useState(false);
  const refresh = useRefresh();
  const remove = useMutation({
    mutationFn: () => {
      const query = metric === '' ? {} : { metric };
      const params = { path: { equipmentId, timestamp }, query };
      return body(api.DELETE('/sensor-data/{equipmentId}/{timestamp}', { params }));
    },
    onSuccess: async () => {
      await refresh();
      onDone();
    },
  });
  return (
    <section className="form">
      <h3>{t('remove.title')}</h3>
      {remove.error && <Problem error={remove.error} />}
      <div className="form-row">
        {metrics.length > 1 && (
          <SelectField
            label={t('remove.what')}
            value={metric}
            onChange={({ target }) => {
              setMetric(target.value);
              setIsSure(false);
            }}
          >
            <option value="">{t('remove.all')}</option>
            {metrics.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </SelectField>
        )}
        <button
          type="button"
          className="button button-danger"
          disabled={remove.isPending}
          onClick={() => (isSure ? remove.mutate() : setIsSure(true))}
        >
          {isSure ? t('remove.sure') : t('remove.action')}
        </button>
      </div>
      <p className="field-hint">{t('remove.hint')}</p>
    </section>
  );
}
