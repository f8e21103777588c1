-- A booking system that does not answer holds a few hands of the dispatcher and not all; what was delivered is forgotten.

ALTER TABLE outbox_lane ADD COLUMN target TEXT NOT NULL DEFAULT ''; -- the booking system, in the lane of callbacks
UPDATE outbox_lane SET target = coalesce(
    (SELECT substr(booking_id, 1, instr(booking_id || ':', ':') - 1) FROM session WHERE id = session_id), ''
) WHERE lane = 'notify';
DROP INDEX outbox_lane_ready;
CREATE INDEX outbox_lane_ready ON outbox_lane (lane, target, ready_at);

CREATE INDEX delivery_by_age ON delivery (state, tried_at);
