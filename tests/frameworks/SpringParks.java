import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.adapter.MessageListenerAdapter;
import org.springframework.amqp.rabbit.retry.RepublishMessageRecoverer;
import org.springframework.amqp.support.converter.Jackson2JsonMessageConverter;

/**
 * Spring AMQP tries a message twice and publishes it into QUEUE.parked with its
 * RepublishMessageRecoverer. usage: SpringParks AMQP_URL QUEUE
 */
public class SpringParks {
    public record Reserve(String sku, int amount) {}

    public static class StockException extends RuntimeException {
        StockException(String message) {
            super(message);
        }
    }

    public static class Stock {
        public void take(Reserve order) {
            throw new StockException("sku " + order.sku() + " unknown");
        }
    }

    public static void main(String[] arguments) throws Exception {
        String queue = arguments[1];
        String parked = queue + ".parked";
        var connections = new CachingConnectionFactory(java.net.URI.create(arguments[0]));
        var admin = new RabbitAdmin(connections);
        var shop = new TopicExchange("spring.shop");
        var errors = new DirectExchange("spring.errors");
        admin.declareExchange(shop);
        admin.declareExchange(errors);
        for (String name : new String[] {queue, parked}) {
            admin.declareQueue(new Queue(name));
        }
        admin.declareBinding(BindingBuilder.bind(new Queue(queue)).to(shop).with("stock.#"));
        admin.declareBinding(BindingBuilder.bind(new Queue(parked)).to(errors).with(parked));

        var json = new Jackson2JsonMessageConverter();
        var template = new RabbitTemplate(connections);
        template.setMessageConverter(json);
        var adapter = new MessageListenerAdapter(new Stock(), json);
        adapter.setDefaultListenerMethod("take");
        var container = new SimpleMessageListenerContainer(connections);
        container.setQueueNames(queue);
        container.setAcknowledgeMode(AcknowledgeMode.AUTO);
        container.setMessageListener(adapter);
        container.setAdviceChain(RetryInterceptorBuilder.stateless()
            .maxAttempts(2)
            .backOffOptions(10, 1, 10)
            .recoverer(new RepublishMessageRecoverer(template, "spring.errors", parked))
            .build());
        container.start();
        template.convertAndSend("spring.shop", "stock.reserve", new Reserve("Z", 2), message -> {
            message.getMessageProperties().setHeader("tenant", "acme");
            message.getMessageProperties().setMessageId("s-1");
            return message;
        });
        long until = System.nanoTime() + 60_000_000_000L;
        while (admin.getQueueInfo(parked).getMessageCount() == 0) {
            if (System.nanoTime() > until) {
                System.err.println("the message did not die");
                System.exit(1);
            }
            Thread.sleep(100);
        }
        container.stop();
        connections.destroy();
        System.exit(0);
    }
}
