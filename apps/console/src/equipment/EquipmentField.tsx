import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { api, body } from '../api/client.ts';
import { TextField } from '../design/Field.tsx';

const SUGGESTIONS = 20;

interface EquipmentFieldProps {
  readonly label: string;
  readonly required?: boolean;
  readonly value: string;
  readonly onChange: (equipmentId: string) => void;
}

/** Takes a name of equipment, and proposes those that there are. */
export function EquipmentField({ label, required, value, onChange }: EquipmentFieldProps) {
  const list = useId();
  const search = value.replaceAll(/[^\w.:-]/g, '').slice(0, 128);
  const { data } = useQuery({
    queryKey: ['suggestions', search],
    queryFn: ({ signal }) => {
      const query = { limit: SUGGESTIONS, ...(search && { search }) };
      return body(api.GET('/equipment/overview', { params: { query }, signal }));
    },
    staleTime: 60_000,
  });
  return (
    <>
      <TextField
        label={label}
        list={list}
        required={required}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <datalist id={list}>
        {data?.items.map(({ equipmentId }) => (
          <option key={equipmentId}>{equipmentId}</option>
        ))}
      </datalist>
    </>
  );
}
