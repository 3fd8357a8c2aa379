import type { Messages } from './en.ts';
import type { faultsEn } from './faults.en.ts';

/** What is wrong with files, and why their columns are read as they are. */
export const faultsPtBr: Pick<Messages, keyof typeof faultsEn> = {
  'imports.fault.timestamp-missing': 'Sem horário',
  'imports.detail.timestamp-missing': 'A linha não diz quando foi medida.',
  'imports.fault.timestamp-malformed': 'Não é um horário neste formato',
  'imports.detail.timestamp-malformed': 'Não está escrito como diz o formato de horário escolhido.',
  'imports.detail.timestamp-malformed.of': 'Não está escrito como {format}.',
  'imports.fault.timestamp-too-precise': 'Horário preciso demais',
  'imports.detail.timestamp-too-precise':
    'Um horário tem no máximo nove dígitos depois do segundo.',
  'imports.fault.timestamp-out-of-range': 'Horário fora do intervalo',
  'imports.detail.timestamp-out-of-range': 'O tempo aqui vai de 1970 até o fim de 9999.',
  'imports.fault.timestamp-in-future': 'Horário no futuro',
  'imports.detail.timestamp-in-future':
    'Está mais de dez minutos à frente de agora. Verifique a data e o fuso horário.',
  'imports.fault.timestamp-leap-second': 'Segundo intercalado',
  'imports.detail.timestamp-leap-second': 'Aqui um minuto termina no segundo 59.',
  'imports.fault.timestamp-not-a-date': 'Não é uma data do calendário',
  'imports.detail.timestamp-not-a-date': 'Este dia ou esta hora do dia não existe.',
  'imports.fault.timestamp-offset-invalid': 'Diferença impossível para UTC',
  'imports.detail.timestamp-offset-invalid': 'A diferença para UTC fica entre -12:00 e +14:00.',
  'imports.fault.timestamp-offset-missing': 'Sem fuso horário',
  'imports.detail.timestamp-offset-missing':
    'O horário não diz o fuso. Escolha o fuso do arquivo inteiro.',
  'imports.fault.timestamp-ambiguous': 'Hora que veio duas vezes',
  'imports.detail.timestamp-ambiguous':
    'Os relógios mostraram este horário duas vezes. Diga qual dos dois vale.',
  'imports.detail.timestamp-ambiguous.of':
    'Os relógios em {zone} mostraram este horário duas vezes. Diga qual dos dois vale.',
  'imports.fault.timestamp-nonexistent': 'Hora que os relógios pularam',
  'imports.detail.timestamp-nonexistent':
    'Os relógios pularam este horário. Verifique o fuso horário.',
  'imports.detail.timestamp-nonexistent.of':
    'Os relógios em {zone} pularam este horário. Verifique o fuso horário.',
  'imports.fault.timestamp-format-unsaid': 'Formato do horário não escolhido',
  'imports.detail.timestamp-format-unsaid': 'Escolha como os horários estão escritos.',
  'imports.detail.timestamp-format-unsaid.of':
    'Os horários podem ser lidos como {formats}. Escolha o certo.',
  'imports.fault.reading-too-old': 'Antigo demais',
  'imports.detail.reading-too-old': 'Leituras deste horário já não são guardadas.',
  'imports.fault.equipment-id-missing': 'Sem equipamento',
  'imports.detail.equipment-id-missing': 'A linha não diz de que equipamento é.',
  'imports.fault.equipment-id-invalid': 'Não é um nome de equipamento',
  'imports.detail.equipment-id-invalid':
    'Um nome tem de 1 a 128 letras, dígitos e . _ : - e começa com letra ou dígito.',
  'imports.fault.equipment-id-reserved': 'Nome reservado',
  'imports.detail.equipment-id-reserved':
    'Esta palavra faz parte do serviço e não pode dar nome a um equipamento.',
  'imports.fault.equipment-forbidden': 'Equipamento não permitido',
  'imports.detail.equipment-forbidden': 'Você não pode gravar leituras deste equipamento.',
  'imports.detail.equipment-forbidden.of': 'Você não pode gravar leituras de {equipmentId}.',
  'imports.fault.value-not-a-number': 'Não é um número',
  'imports.detail.value-not-a-number':
    'Um valor é um número sem texto, espaços ou separadores de milhar.',
  'imports.fault.value-out-of-range': 'Número grande ou pequeno demais',
  'imports.detail.value-out-of-range': 'Um valor é 0 ou fica entre 1e-100 e 1e100.',
  'imports.fault.metric-name-invalid': 'Não é um nome de métrica',
  'imports.detail.metric-name-invalid':
    'Um nome tem de 1 a 64 letras, dígitos e _ . - e começa com uma letra.',
  'imports.fault.too-many-metric-names': 'Métricas demais',
  'imports.detail.too-many-metric-names':
    'O equipamento já tem todas as métricas que pode ter: 1.024.',
  'imports.fault.reading-not-storable': 'Não pode ser gravado',
  'imports.detail.reading-not-storable': 'O banco de dados não comporta esta linha.',
  'imports.fault.field-count': 'Células a mais ou a menos',
  'imports.detail.field-count': 'A linha tem outro número de células que a linha de nomes.',
  'imports.detail.field-count.of': 'A linha tem {fields} células, a linha de nomes {expected}.',
  'imports.fault.column-unnamed': 'Célula sem nome',
  'imports.detail.column-unnamed':
    'Uma célula está numa coluna sem nome. Deixe a coluna de fora ou procure um separador dentro de uma célula.',
  'imports.detail.column-unnamed.of':
    'Uma célula está na coluna {place}, que não tem nome. Deixe a coluna de fora ou procure um separador dentro de uma célula.',
  'imports.fault.too-many-made-names': 'Nomes demais',
  'imports.detail.too-many-made-names':
    'Mais de 1.024 nomes de métricas, ou 16 KiB deles, não podem ser convertidos. Escreva apenas letras, dígitos e _ . -',
  'imports.fault.metric-name-taken': 'Nome já usado',
  'imports.detail.metric-name-taken':
    'O nome seria gravado como o de outra métrica do arquivo. Dê outro nome a uma delas.',
  'imports.fault.units-row': 'Unidades',
  'imports.detail.units-row':
    'A linha descreve as colunas, por exemplo as unidades, e não é uma leitura.',
  'imports.fault.comment': 'Comentário',
  'imports.detail.comment': 'A linha é um comentário e nunca foi uma medição.',
  'imports.fault.header-repeated': 'Nomes de novo',
  'imports.detail.header-repeated': 'É a linha de nomes outra vez.',
  'imports.fault.header-changed': 'Outras colunas daqui em diante',
  'imports.detail.header-changed':
    'As colunas têm outros nomes daqui em diante. Importe esta parte como um arquivo à parte.',
  'imports.fault.unclosed-quote': 'Aspas não fechadas',
  'imports.detail.unclosed-quote': 'Uma célula começa com aspas que nunca são fechadas.',
  'imports.fault.quote-malformed': 'Aspas quebradas',
  'imports.detail.quote-malformed':
    'Depois das aspas de fechamento só pode vir o separador ou o fim da linha.',
  'imports.fault.embedded-newline': 'Célula em várias linhas',
  'imports.detail.embedded-newline': 'Uma célula passa do fim da linha.',
  'imports.fault.row-too-long': 'Linha longa demais',
  'imports.detail.row-too-long': 'A linha tem mais de 64 KB.',
  'imports.fault.zero-bytes': 'Bytes zero',
  'imports.detail.zero-bytes':
    'Há bytes zero onde havia uma linha, como os deixa uma falta de energia.',
  'imports.fault.decimal-ambiguous': 'Vírgulas de dois sentidos',
  'imports.detail.decimal-ambiguous':
    'As vírgulas aqui separam células e também decimais. Números com vírgula precisam estar entre aspas.',
  'imports.fault.encoding-invalid': 'Letras ilegíveis',
  'imports.detail.encoding-invalid':
    'A linha tem letras que a codificação do arquivo não tem. Escolha outra.',
  'imports.fault.report-full': 'Mais do que o relatório comporta',
  'imports.detail.report-full': 'Mais linhas têm erros do que o relatório pode listar.',
  'imports.fault.file-empty': 'O arquivo está vazio',
  'imports.detail.file-empty': 'Não há nele uma linha de nomes.',
  'imports.fault.file-not-csv': 'Este não é um arquivo CSV',
  'imports.detail.file-not-csv':
    'É outra coisa, como uma planilha, um PDF ou um arquivo compactado. Exporte os dados como CSV.',
  'imports.fault.file-missing': 'O arquivo sumiu',
  'imports.detail.file-missing': 'O arquivo enviado já não está lá. Envie-o de novo.',
  'imports.fault.file-replaced': 'O arquivo foi trocado',
  'imports.detail.file-replaced':
    'Outro arquivo tomou o lugar dele depois do envio. Envie-o de novo.',
  'imports.fault.gzip-corrupt': 'O arquivo comprimido está danificado',
  'imports.detail.gzip-corrupt': 'Está danificado ou incompleto. Comprima-o e envie-o de novo.',
  'imports.fault.gzip-too-large': 'Grande demais descomprimido',
  'imports.detail.gzip-too-large':
    'Descomprimido, o arquivo é maior do que se pode importar. Divida-o.',
  'imports.fault.gzip-ratio-too-high': 'Descomprime para muito mais',
  'imports.detail.gzip-ratio-too-high':
    'O arquivo descomprime para muitas vezes o seu tamanho. Envie-o descomprimido ou em partes.',
  'imports.fault.encoding-unsupported': 'Outra codificação',
  'imports.detail.encoding-unsupported':
    'O arquivo não é UTF-8. Escolha a codificação ou salve-o como UTF-8.',
  'imports.fault.delimiter-ambiguous': 'Vários separadores',
  'imports.detail.delimiter-ambiguous':
    'A linha de nomes pode ser cortada de várias formas. Escolha o separador.',
  'imports.fault.header-missing': 'Sem linha de nomes',
  'imports.detail.header-missing':
    'A linha que deveria dar nome às colunas está vazia ou não existe.',
  'imports.fault.header-missing-column': 'Falta uma coluna',
  'imports.detail.header-missing-column':
    'Nenhuma linha dá nome às colunas, com equipamento e horário entre elas.',
  'imports.fault.header-malformed': 'Linha de nomes quebrada',
  'imports.detail.header-malformed': 'As aspas na linha de nomes estão quebradas.',
  'imports.fault.header-too-long': 'Linha de nomes longa demais',
  'imports.detail.header-too-long': 'A linha de nomes não termina dentro de 64 KB.',
  'imports.fault.header-invalid-column': 'Coluna sem nome utilizável',
  'imports.detail.header-invalid-column':
    'Uma coluna não tem um nome que uma métrica possa ter. Dê-lhe um nome ou deixe-a de fora.',
  'imports.detail.header-invalid-column.of':
    'A coluna {place} não tem um nome que uma métrica possa ter. Dê-lhe um nome ou deixe-a de fora.',
  'imports.fault.header-duplicate-column': 'Duas colunas com um nome',
  'imports.detail.header-duplicate-column':
    'Duas colunas têm o mesmo nome. Renomeie uma ou deixe-a de fora.',
  'imports.detail.header-duplicate-column.of':
    'Duas colunas são lidas como {name}. Renomeie uma ou deixe-a de fora.',
  'imports.fault.header-role-unsaid': 'Formato das linhas não escolhido',
  'imports.detail.header-role-unsaid': 'Diga se o arquivo tem uma linha para cada valor.',
  'imports.fault.header-no-metric': 'Sem números',
  'imports.detail.header-no-metric': 'Nenhuma coluna tem números.',
  'imports.fault.too-many-columns': 'Colunas demais',
  'imports.detail.too-many-columns': 'O arquivo tem mais colunas do que se pode ler.',
  'imports.detail.too-many-columns.of':
    'O arquivo tem {count} colunas; no máximo {most} podem ser lidas.',
  'imports.fault.too-many-metrics': 'Métricas demais',
  'imports.detail.too-many-metrics':
    'O arquivo tem mais colunas com números do que uma leitura pode ter. Deixe algumas de fora e importe o arquivo mais uma vez com as outras.',
  'imports.detail.too-many-metrics.of':
    'O arquivo tem {count} colunas com números; uma leitura tem no máximo {most}. Deixe algumas de fora e importe o arquivo mais uma vez com as outras.',
  'imports.fault.no-valid-row': 'Nenhuma linha pôde ser lida',
  'imports.detail.no-valid-row':
    'Nenhuma linha é uma leitura. Talvez o horário ou os números estejam escritos de outra forma do que foi dito.',
  'imports.fault.import-abandoned': 'A importação não avançou',
  'imports.detail.import-abandoned': 'Ela falhou várias vezes. Envie o arquivo de novo.',
  'imports.reason.said-by-columns': 'Você disse isso.',
  'imports.reason.equipment-of-file': 'O arquivo inteiro é de um equipamento.',
  'imports.reason.named-so': 'O nome diz isso.',
  'imports.reason.holds-timestamps': 'As células podem ser lidas como horários.',
  'imports.reason.date-and-time-apart': 'A data e a hora do dia estão em duas colunas.',
  'imports.reason.holds-equipment-ids': 'As células podem ser nomes de equipamentos.',
  'imports.reason.row-for-each-value': 'O arquivo parece ter uma linha para cada valor.',
  'imports.reason.beside-value': 'A coluna “value” tem todos os números.',
  'imports.reason.other-letters': 'O nome de uma métrica tem outras letras.',
  'imports.reason.no-name': 'Não tem nome.',
  'imports.reason.left-out': 'É deixada de fora.',
  'imports.reason.decimal-commas': 'Os números têm vírgulas.',
  'imports.reason.no-number': 'Nenhuma das células é um número.',
  'imports.reason.metric': 'Toda outra coluna é uma métrica.',
  'imports.reason.metric-renamed':
    'Toda outra coluna é uma métrica; o nome foi feito a partir do da coluna.',
  'imports.reason.too-many-metrics': 'Uma leitura não pode ter mais métricas.',
  'imports.reason.role-taken': 'Outra coluna já é isto.',
  'imports.reason.name-taken': 'Outra coluna tem este nome, ou ele significa outra coisa.',
};
