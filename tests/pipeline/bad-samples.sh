# SPDX-License-Identifier: MIT
# Measurements that cannot be are refused by line and column.
. "$TOP/tests/pipeline/lib/refusal.sh"

refuses_edit 'of an unknown VM' samples.csv '8s/vm-1/vm-9/' ':8: entity_id: found "vm-9": expected an id of vms.csv or hosts.csv$'
refuses_edit 'of a cluster' samples.csv '8s/vm-1/c-1/' ':8: entity_id: found "c-1": '
refuses_edit 'an unknown metric' samples.csv '8s/cpu_usage_mhz/cpu_usage_pct/' ':8: metric: found "cpu_usage_pct": expected one of cpu_usage_mhz, '
refuses_edit 'an unknown origin' samples.csv '8s/realtime/guess/' ':8: origin: found "guess": '
refuses_edit 'an interval of 0' samples.csv '8s/,100,/,0,/' ':8: interval_s: found "0": expected at least 1$'
refuses_edit 'no values' samples.csv '8s/,6000.*/,/' ':8: values: found nothing: '
refuses_edit 'a negative value' samples.csv '8s/6000$/-6000/' ':8: values: found "-6000": '
refuses_edit 'an exponent' samples.csv '8s/6000$/6e3/' ':8: values: found "6e3": '
refuses_edit 'a word' samples.csv '8s/6000$/NaN/' ':8: values: found "NaN": '
refuses_edit 'two spaces' samples.csv '8s/ 6000$/  6000/' ':8: values: found nothing: '
refuses_edit 'a space at the end' samples.csv '8s/$/ /' ':8: values: found nothing: '
refuses_edit 'a value of 500 % of the VM' samples.csv '8s/6000$/40001/' ':8: values: found "40001": .* 400 %'
refuses_edit 'a value of 500 % of the host' samples.csv '2s/13900$/80001/' ':2: values: found "80001": .* 400 %'
refuses_edit 'a value of 400 digits' samples.csv "8s/6000\$/$(head -c 400 /dev/zero | tr '\0' 1)/" ':8: values: found "1+…": '
refuses_edit 'an absurd rate' samples.csv '8s/cpu_usage_mhz/net_kibps/; 8s/6000$/999999999999999/' ':8: values: found "999999999999999": '
refuses_edit 'a series twice' samples.csv '9s/.*/vm-1,cpu_usage_mhz,,realtime,2026-11-21T20:10:00Z,100,1/' ':9: instance: found nothing: expected each '
refuses_edit 'a series twice, apart' samples.csv '8s/vm-1/vm-3/' ':14: instance: found nothing: expected each '
refuses_edit 'an instance twice' samples.csv '8,9s/,[a-z_]*,,/,disk_kibps,scsi0:0,/' ':9: instance: found "scsi0:0": expected each '
refuses_edit 'an instance twice, apart' samples.csv '8s/,[a-z_]*,,/,disk_kibps,a,/; 11s/.*/vm-1,disk_kibps,a,realtime,2026-11-21T20:10:00Z,100,1/; 9,10s/vm-1/vm-2/;9,10s/,,/,b,/' ':11: instance: found "a": expected each '
refuses_edit 'a year before 1970' samples.csv '8s/2026/1869/' ':8: start: found "1869-11-21T20:10:00Z": expected a time '
edited samples.csv '2,$d'
succeeds 'nothing measured is no error' collect in -o unmeasured
succeeds 'nothing measured is no error' analyze unmeasured -o unmeasured.csv
succeeds 'nothing measured is no error' plan unmeasured unmeasured.csv -o unmeasured-plan.csv
finish
